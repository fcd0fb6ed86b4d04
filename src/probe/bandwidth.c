/* Pinned threads that read buffers larger than the caches. */
#define _GNU_SOURCE
#include "probe/bandwidth.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

#include "base/units.h"
#include "os/clock.h"
#include "os/fs.h"

static const uint64_t UNKNOWN_CACHE = 64 * MIB; /* larger than most */
static const uint64_t LEAST_TOTAL = 128 * MIB, LEAST_EACH = 16 * MIB, MOST_TOTAL = 4 * GIB;

enum {
    CACHES = 8,       /* buffers together are this many times the caches ... */
    CACHES_LEAST = 4, /* ... or at least this many where memory is short */
    CHUNK = 1 << 20,  /* bytes between two looks at the clock */
    LANES = 16,       /* independent sums, so that adding never waits */
    FEW_RUNS = 3,
    MOST_RUNS = 64,
    LEAST_MS = 250, /* shorter, and the clock ticks of /proc/stat tell nothing of others */
};

/* The best run is believed when another one comes this near. */
static const double CONFIRMED = 0.98;

/* Of the threads' time: waiting for a CPU, and of the machine's: work of others. */
static const double BUSY_WAIT = 0.02, BUSY_OTHERS = 0.10;

/* Of the whole machine, in 1/100 s. */
struct ticks {
    uint64_t busy, all;
};

struct team {
    unsigned n;
    uint64_t bytes; /* of each buffer */
    uint64_t deadline_ns;
    unsigned runs; /* finished by all; the first thread counts and decides about one more */
    bool more;
    double best_s, second_s;    /* shortest runs */
    struct ticks before, after; /* of the runs, by the first thread */
    atomic_uint arrived;
    atomic_bool stop; /* out of time or memory */
};

struct worker {
    struct team *team;
    pthread_t thread;
    unsigned number, cpu;
    uint64_t begin_ns[MOST_RUNS], end_ns[MOST_RUNS];
    uint64_t wall_ns, wait_ns, cpu_ns; /* of the runs together: all, waiting for a CPU, computing */
    uint64_t sum;                      /* kept, so that the reading is not optimized away */
};

uint64_t bandwidth_buffer_bytes(uint64_t cache_bytes, uint64_t room_bytes, unsigned n)
{
    uint64_t cache = cache_bytes ? cache_bytes : UNKNOWN_CACHE;
    uint64_t total = units_mul(cache, CACHES);
    total = total < LEAST_TOTAL ? LEAST_TOTAL : total;
    total = total < LEAST_EACH * n ? LEAST_EACH * n : total;
    uint64_t most = room_bytes / 4 < MOST_TOTAL ? room_bytes / 4 : MOST_TOTAL;
    total = total > most ? most : total;
    if (n == 0 || total < units_mul(cache, CACHES_LEAST))
        return 0;
    return total / n / CHUNK * CHUNK;
}

/* ---- what the machine did meanwhile ---- */

/* Nanoseconds that this thread waited for a CPU: the second number of schedstat. */
static uint64_t run_queue_wait(void)
{
    struct arena a = {0};
    const char *text = fs_read_word(fs_real(), &a, "/proc/thread-self/schedstat");
    struct str rest = str_from(text ? text : ""), word;
    unsigned long long ns = 0;
    if (str_cut(&rest, ' ', &word) && str_cut(&rest, ' ', &word)) /* NOLINT: the second word */
        str_u64(word, &ns);
    arena_release(&a);
    return ns;
}

/* First line of /proc/stat: "cpu user nice system idle iowait irq softirq steal guest ...".
 * Stolen time is others' work too. */
static struct ticks machine_ticks(void)
{
    enum { IDLE = 3, IOWAIT = 4, STEAL = 7 };
    struct arena a = {0};
    struct ticks t = {0};
    const char *text = fs_read_word(fs_real(), &a, "/proc/stat");
    struct str rest = str_from(text ? text : ""), line = {0}, word;
    str_line(&rest, &line);
    str_cut(&line, ' ', &word);
    for (int i = 0; i <= STEAL && str_cut(&line, ' ', &word);) {
        unsigned long long v;
        if (!str_u64(word, &v)) /* two blanks after "cpu" */
            continue;
        t.all += v;
        t.busy += i == IDLE || i == IOWAIT ? 0 : v;
        i++;
    }
    arena_release(&a);
    return t;
}

static uint64_t thread_cpu_ns(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- one thread ---- */

static void pin(unsigned cpu)
{
#if defined(__linux__)
    struct arena a = {0};
    size_t size = CPU_ALLOC_SIZE(cpu + 1);
    cpu_set_t *mask = arena_alloc(&a, size);
    CPU_SET_S(cpu, size, mask);
    sched_setaffinity(0, size, mask);
    arena_release(&a);
#else
    (void)cpu;
#endif
}

static bool out_of_time(struct team *team)
{
    if (!atomic_load(&team->stop) && clock_ns() > team->deadline_ns)
        atomic_store(&team->stop, true);
    return atomic_load(&team->stop);
}

/* Waits for the others; `meeting` counts from 1. */
static void meet(struct team *team, unsigned meeting)
{
    atomic_fetch_add(&team->arrived, 1);
    while (atomic_load(&team->arrived) < meeting * team->n && !out_of_time(team))
        sched_yield();
}

static uint64_t read_chunk(const uint64_t *p)
{
    uint64_t lanes[LANES] = {0};
    for (size_t i = 0; i < CHUNK / sizeof(*p); i += LANES)
        for (size_t k = 0; k < LANES; k++)
            lanes[k] += p[i + k];
    uint64_t sum = 0;
    for (size_t k = 0; k < LANES; k++)
        sum += lanes[k];
    return sum;
}

static void read_all(struct worker *w, const uint64_t *buffer)
{
    for (uint64_t at = 0; at < w->team->bytes && !out_of_time(w->team); at += CHUNK)
        w->sum += read_chunk(buffer + at / sizeof(*buffer));
}

static void touch_all(struct worker *w, uint64_t *buffer)
{
    for (uint64_t at = 0; at < w->team->bytes && !out_of_time(w->team); at += CHUNK)
        memset((char *)buffer + at, 1, CHUNK);
}

/* Seconds of a run from the first start to the last end. */
static double run_seconds(const struct worker *workers, unsigned run)
{
    uint64_t begin = UINT64_MAX, end = 0;
    for (unsigned i = 0; i < workers->team->n; i++) {
        begin = workers[i].begin_ns[run] < begin ? workers[i].begin_ns[run] : begin;
        end = workers[i].end_ns[run] > end ? workers[i].end_ns[run] : end;
    }
    return (double)(end - begin) / 1e9;
}

/* One more run, until the best is confirmed on a quiet machine or the time is up. */
static void decide(struct worker *first, uint64_t start_ns, uint64_t waited_ns)
{
    struct team *team = first->team;
    double s = run_seconds(first, team->runs);
    if (team->runs == 0 || s < team->best_s) {
        team->second_s = team->best_s;
        team->best_s = s;
    } else if (team->runs == 1 || s < team->second_s) {
        team->second_s = s;
    }
    team->runs++;
    double took = (double)(clock_ns() - start_ns);
    bool confirmed = team->runs >= FEW_RUNS && team->best_s > team->second_s * CONFIRMED &&
                     took > LEAST_MS * 1e6 &&
                     (double)(run_queue_wait() - waited_ns) <= took * BUSY_WAIT;
    team->more = !confirmed && team->runs < MOST_RUNS;
}

static void run(struct worker *w, const uint64_t *buffer, unsigned number, unsigned *meeting)
{
    meet(w->team, ++*meeting);
    w->begin_ns[number] = clock_ns();
    read_all(w, buffer);
    w->end_ns[number] = clock_ns();
    meet(w->team, ++*meeting);
}

static void measure(struct worker *w, uint64_t *buffer)
{
    struct team *team = w->team;
    unsigned meeting = 0;
    touch_all(w, buffer);
    read_all(w, buffer); /* warm-up */
    meet(team, ++meeting);
    uint64_t start = clock_ns(), waited = run_queue_wait(), computed = thread_cpu_ns();
    bool first = w->number == 0;
    if (first)
        team->before = machine_ticks();
    for (unsigned number = 0; number == 0 || team->more; number++) {
        run(w, buffer, number, &meeting);
        if (out_of_time(team)) /* and this run is not whole */
            break;
        if (first)
            decide(w, start, waited);
        meet(team, ++meeting);
    }
    if (first)
        team->after = machine_ticks();
    w->wait_ns = run_queue_wait() - waited;
    w->cpu_ns = thread_cpu_ns() - computed;
    w->wall_ns = clock_ns() - start;
}

static void *work(void *argument)
{
    struct worker *w = argument;
    pin(w->cpu);
    void *buffer = mmap(NULL, (size_t)w->team->bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer == MAP_FAILED) {
        atomic_store(&w->team->stop, true);
        return NULL;
    }
    measure(w, buffer);
    munmap(buffer, (size_t)w->team->bytes);
    return NULL;
}

/* ---- all of them ---- */

static bool was_busy(const struct team *team, const struct worker *workers)
{
    const double ticks_a_ns = 100 / 1e9;
    double wall = 0, waited = 0, computed = 0;
    for (unsigned i = 0; i < team->n; i++) {
        wall += (double)workers[i].wall_ns;
        waited += (double)workers[i].wait_ns;
        computed += (double)workers[i].cpu_ns;
    }
    double all = (double)(team->after.all - team->before.all);
    double others = (double)(team->after.busy - team->before.busy) - computed * ticks_a_ns;
    return waited > wall * BUSY_WAIT || others > all * BUSY_OTHERS;
}

static void evaluate(struct arena *a, const struct team *team, const struct worker *workers,
                     struct bandwidth *out)
{
    *out = (struct bandwidth){.thread_gb_s = arena_array(a, team->n, sizeof(double)),
                              .runs = team->runs};
    for (unsigned nth = 0; nth < team->runs; nth++) {
        double gb_s = units_gb_s(team->bytes * team->n, run_seconds(workers, nth));
        if (gb_s <= out->gb_s)
            continue;
        out->gb_s = gb_s;
        for (unsigned i = 0; i < team->n; i++)
            out->thread_gb_s[i] = units_gb_s(
                team->bytes, (double)(workers[i].end_ns[nth] - workers[i].begin_ns[nth]) / 1e9);
    }
    out->busy = out->runs < FEW_RUNS || was_busy(team, workers);
}

bool bandwidth_measure(struct arena *a, const struct bandwidth_order *order, struct bandwidth *out,
                       struct err *err)
{
    unsigned n = cpu_set_count(&order->cpus);
    struct team team = {.n = n,
                        .bytes = bandwidth_buffer_bytes(order->cache_bytes, order->room_bytes, n),
                        .deadline_ns = clock_ns() + (uint64_t)order->budget_ms * 1000000};
    if (!team.bytes)
        return err_set(err, ERR_FAILED,
                       "too little memory is free to measure its bandwidth beyond the caches");
    struct worker *workers = arena_array(a, n, sizeof(*workers));
    unsigned started = 0, cpu = cpu_set_first(&order->cpus);
    for (; started < n; started++, cpu = cpu_set_next(&order->cpus, cpu)) {
        workers[started] = (struct worker){.team = &team, .number = started, .cpu = cpu};
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started]) != 0) {
            atomic_store(&team.stop, true);
            break;
        }
    }
    for (unsigned i = 0; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    struct bandwidth result = {0};
    if (started == n)
        evaluate(a, &team, workers, &result);
    if (!result.runs)
        return err_set(err, ERR_FAILED, "no time or no memory to measure its bandwidth");
    *out = result;
    return true;
}
