/*
 * simulate: the whole server in one thread, hurt in every way, a seed at a time.
 *
 *   simulate [--first N] [--seeds N] [--seconds N] [--jobs N]     worlds, until one fails
 *   simulate --seed N [--without FAMILY]... [--requests N]        one world, described; to repeat a failure
 *
 * Ends with the table of counters (counters.def). Status 0: all that must be zero is; 1: a world failed, and the
 * smallest form of it that was found is given as a command; 2: bad arguments.
 *
 * Each worker is a process: a world that fails ends it, by name or by an assertion. What it counts lies in
 * memory that it shares with this one.
 */
#include "base/assert.h"
#include "base/mark.h"
#include "sim/people.h"
#include "sim/world.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX 64u
#define WITHOUT_MAX 16u
#define GATE_SEEDS 500u             /* from so many worlds on, the histograms must be full */
#define SOLD_OUT_PERCENT_MIN 30u
#define UNSENT_PERCENT_MIN 10u
#define REQUESTS_SMALLEST 5u
#define WORLD_CPU_S 30              /* a world takes a tenth of a second */

struct worker {
    struct counters counters;
    u64 kinds[ORACLE_KINDS], codes[ORACLE_CODES];
    u64 marks[MARK_COUNT];
    u64 seed;                       /* that it works on */
    char reason[ORACLE_REASON_MAX];
};

struct shared {
    u64 next;                       /* seed */
    u64 end;                        /* the first one not wanted */
    i64 until_s;
    bool stop;
    pid_t parent;
    struct worker workers[JOBS_MAX];
};

struct arguments {
    u64 first, seeds, seconds, seed;
    bool single, quiet;
    u32 jobs, requests;
    const char *without[WITHOUT_MAX];
    u32 without_count;
};

static struct shared *shared;
static struct sim_account accounts[PERSON_COUNT];
static char root[64];

/* --- folders ------------------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *walk)
{
    (void)stat;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void roots_remove(void)
{
    if (getpid() == shared->parent)
        nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static bool roots_make(u32 jobs)
{
    char path[128];
    snprintf(root, sizeof(root), "%s/eleven-sim-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    bool good = mkdtemp(root) != NULL;
    snprintf(path, sizeof(path), "%s/people", root);
    good = good && mkdir(path, 0700) == 0 && people_make(path, accounts);
    for (u32 i = 0; i < jobs && good; i++) {
        snprintf(path, sizeof(path), "%s/%u", root, i);
        good = mkdir(path, 0700) == 0;
        snprintf(path, sizeof(path), "%s/%u/shop", root, i);
        good = good && mkdir(path, 0700) == 0;
    }
    return good;
}

/* --- a worker ---------------------------------------------------------------------------------------------------- */

static void draw(struct options *options, u64 seed, const struct arguments *arguments)
{
    options_draw(options, seed);
    for (u32 i = 0; i < arguments->without_count; i++)
        options_without(options, arguments->without[i]);
    if (arguments->requests > 0)
        options->requests = arguments->requests;
}

static void marks_keep(struct worker *worker)
{
#ifdef ELEVEN_MARKS
    memcpy(worker->marks, mark_counts, sizeof(worker->marks));
#else
    (void)worker;
#endif
}

static void worker_enter(u32 index, struct worker *worker)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%u", root, index);
    int log = chdir(path) == 0 ? open("log", O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600) : -1;
    int named = log >= 0 ? dup2(log, STDERR_FILENO) : -1;
    ASSERT(named == STDERR_FILENO);
    counters = &worker->counters;
    oracle_kinds = worker->kinds;
    oracle_codes = worker->codes;
    oracle_reason = worker->reason;
}

static void worker_world(struct worker *worker, const struct options *options)
{
    char people[128];
    snprintf(people, sizeof(people), "%s/people", root);
    worker->seed = options->seed;
    const struct itimerval patience = {.it_value.tv_sec = WORLD_CPU_S};
    setitimer(ITIMER_PROF, &patience, NULL); /* one that never ends is ended by SIGPROF */
    bool good = ftruncate(STDERR_FILENO, 0) == 0 && people_copy(people, "shop");
    ASSERT(good);
    world_run(options, accounts);
    marks_keep(worker);
}

static i64 clock_s(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC); /* clock_gettime is the simulated one */
    return now.tv_sec;
}

static pid_t worker_start(u32 index, const struct arguments *arguments, const struct options *only)
{
    struct worker *worker = &shared->workers[index];
    fflush(NULL);
    pid_t child = fork();
    ASSERT(child >= 0);
    if (child > 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    worker_enter(index, worker);
    if (only != NULL)
        worker_world(worker, only);
    while (only == NULL && !shared->stop && clock_s() < shared->until_s) {
        struct options options;
        u64 seed = __atomic_fetch_add(&shared->next, 1, __ATOMIC_RELAXED);
        if (seed >= shared->end)
            break;
        draw(&options, seed, arguments);
        worker_world(worker, &options);
    }
    exit(0); /* with what a coverage build writes at the end */
}

/* It has ended well; else its reason says why not. */
static bool worker_good(struct worker *worker, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (worker->reason[0] == 0) {
        worker->counters.assertions++;
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
            snprintf(worker->reason, sizeof(worker->reason), "it never ends: %d s of the processor", WORLD_CPU_S);
        else
            snprintf(worker->reason, sizeof(worker->reason), "%s %d", WIFSIGNALED(status) ? "ended by signal" : "status",
                     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    return false;
}

static void print_log(u32 index)
{
    char path[128], line[512], kept[12][512];
    u32 count = 0;
    snprintf(path, sizeof(path), "%s/%u/log", root, index);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        memcpy(kept[count++ % ARRAY_COUNT(kept)], line, sizeof(line));
    for (u32 i = count > ARRAY_COUNT(kept) ? count - (u32)ARRAY_COUNT(kept) : 0; i < count; i++)
        printf("    %s", kept[i % ARRAY_COUNT(kept)]);
    if (file != NULL)
        (void)fclose(file);
}

/* --- a smaller world that fails ------------------------------------------------------------------------------------ */

static bool fails(const struct options *options, const struct arguments *arguments)
{
    struct worker *worker = &shared->workers[0];
    int status;
    memset(worker, 0, sizeof(*worker));
    pid_t child = worker_start(0, arguments, options);
    pid_t ended = waitpid(child, &status, 0);
    ASSERT(ended == child);
    return !worker_good(worker, status);
}

static void shrink(u64 seed, const struct arguments *given)
{
    struct arguments arguments = *given;
    struct options options, smaller;
    draw(&options, seed, &arguments);
    if (!fails(&options, &arguments)) {
        printf("  it does not fail a second time\n");
        return;
    }
    for (u32 i = 0; options_family(i) != NULL && arguments.without_count < WITHOUT_MAX; i++) {
        smaller = options;
        options_without(&smaller, options_family(i));
        if (options_same(&smaller, &options) || !fails(&smaller, &arguments))
            continue;
        options = smaller;
        arguments.without[arguments.without_count++] = options_family(i);
    }
    u32 good = 0, bad = options.requests;
    while (bad > good + MAX(good / 20, REQUESTS_SMALLEST)) {
        smaller = options;
        smaller.requests = good + (bad - good) / 2;
        if (fails(&smaller, &arguments))
            bad = smaller.requests;
        else
            good = smaller.requests;
    }
    options.requests = bad;
    bool again = fails(&options, &arguments);
    printf("  smallest: %s\n", again ? shared->workers[0].reason : "?");
    print_log(0);
    printf("  repeat: build/simulate/simulate --seed %llu", (unsigned long long)seed);
    for (u32 i = 0; i < arguments.without_count; i++)
        printf(" --without %s", arguments.without[i]);
    printf(" --requests %u\n", bad);
}

/* --- the table --------------------------------------------------------------------------------------------------------- */

static struct worker total(u32 jobs)
{
    struct worker sum = {0};
    for (u32 i = 0; i < jobs; i++) {
        const struct worker *worker = &shared->workers[i];
#define COUNTER(name, kind, meaning) sum.counters.name += worker->counters.name;
#include "sim/counters.def"
#undef COUNTER
        for (u32 k = 0; k < ORACLE_KINDS; k++)
            sum.kinds[k] += worker->kinds[k];
        for (u32 k = 0; k < ORACLE_CODES; k++)
            sum.codes[k] += worker->codes[k];
        for (u32 k = 0; k < MARK_COUNT; k++)
            sum.marks[k] += worker->marks[k];
    }
    return sum;
}

/* A histogram with a hole in it: what the worlds never did, they do not prove. */
static bool gate(const struct worker *sum)
{
    const struct counters *counted = &sum->counters;
    bool good = true;
#define COMMAND(number, NAME, name, word, roles, tail, fields, texts)                                         \
    if (sum->kinds[number] == 0) {                                                                            \
        printf("never decided: %s\n", word);                                                                  \
        good = false;                                                                                         \
    }
#include "core/command.def"
#undef COMMAND
#define COUNTER(name, kind, meaning)                                                                          \
    if (strcmp(#kind, "TRIED") == 0 && counted->name == 0) {                                                  \
        printf("never happened: %s\n", meaning);                                                              \
        good = false;                                                                                         \
    }
#include "sim/counters.def"
#undef COUNTER
    if (counted->sold_out * 100 < counted->seeds * SOLD_OUT_PERCENT_MIN ||
        counted->unsent * 100 < counted->seeds * UNSENT_PERCENT_MIN) {
        printf("too few worlds sold out (%u %% wanted) or recovered with unsent answers (%u %%)\n",
               SOLD_OUT_PERCENT_MIN, UNSENT_PERCENT_MIN);
        good = false;
    }
    return good;
}

static void print_marks(const struct worker *sum)
{
#ifdef ELEVEN_MARKS
    for (u32 i = 0; i < MARK_COUNT; i++)
        printf("mark %-32s %12llu\n", mark_infos[i].name, (unsigned long long)sum->marks[i]);
#else
    (void)sum;
#endif
}

static bool report(const struct arguments *arguments)
{
    const struct worker sum = total(arguments->jobs);
    bool zero = true;
#define COUNTER(name, kind, meaning)                                                                          \
    if (!arguments->quiet || (strcmp(#kind, "ZERO") == 0 && sum.counters.name != 0))                          \
        printf("%-14s %14llu  %s\n", #name, (unsigned long long)sum.counters.name,                            \
               strcmp(#kind, "ZERO") == 0 ? "must be 0: " meaning : meaning);                                 \
    zero &= strcmp(#kind, "ZERO") != 0 || sum.counters.name == 0;
#include "sim/counters.def"
#undef COUNTER
    if (!arguments->quiet) {
        u32 codes = 0;
        for (u32 k = 0; k < ORACLE_CODES; k++)
            codes += sum.codes[k] > 0;
        printf("%-14s %14u  different results given\n", "codes", codes);
        print_marks(&sum);
    }
    return zero && (sum.counters.seeds < GATE_SEEDS || gate(&sum));
}

/* --- runs -------------------------------------------------------------------------------------------------------------- */

static int run_single(const struct arguments *arguments)
{
    struct options options;
    draw(&options, arguments->seed, arguments);
    options_describe(&options, stdout);
    bool failed = fails(&options, arguments);
    if (failed)
        printf("seed %llu failed: %s\n", (unsigned long long)arguments->seed, shared->workers[0].reason);
    print_log(0);
    report(arguments);
    return failed ? 1 : 0;
}

static int run_many(const struct arguments *arguments)
{
    u32 failed = UINT32_MAX;
    pid_t children[JOBS_MAX];
    shared->next = arguments->first;
    shared->end = arguments->seeds == 0 ? UINT64_MAX : arguments->first + arguments->seeds;
    shared->until_s = arguments->seconds == 0 ? INT64_MAX : clock_s() + (i64)arguments->seconds;
    for (u32 i = 0; i < arguments->jobs; i++)
        children[i] = worker_start(i, arguments, NULL);
    for (u32 left = arguments->jobs; left > 0; left--) {
        int status;
        pid_t child = wait(&status);
        ASSERT(child > 0);
        for (u32 i = 0; i < arguments->jobs; i++) {
            if (children[i] != child || worker_good(&shared->workers[i], status))
                continue;
            shared->stop = true;
            failed = failed == UINT32_MAX ? i : failed;
            printf("seed %llu failed: %s\n", (unsigned long long)shared->workers[i].seed, shared->workers[i].reason);
            print_log(i);
            fflush(stdout);
        }
    }
    bool good = report(arguments) && failed == UINT32_MAX;
    if (failed != UINT32_MAX && !arguments->quiet)
        shrink(shared->workers[failed].seed, arguments);
    return good ? 0 : 1;
}

static bool parse(struct arguments *arguments, int count, char **words)
{
    *arguments = (struct arguments){.first = 1, .jobs = 1};
    for (int i = 1; i < count; i++) {
        const char *word = words[i];
        if (strcmp(word, "--quiet") == 0) {
            arguments->quiet = true;
            continue;
        }
        if (i + 1 == count)
            return false;
        const char *value = words[++i];
        struct options probe;
        char *end;
        u64 number = strtoull(value, &end, 10);
        bool is_number = *end == 0 && end != value;
        options_draw(&probe, 1);
        if (!is_number && strcmp(word, "--without") != 0)
            return false;
        if (strcmp(word, "--without") == 0 && arguments->without_count < WITHOUT_MAX && options_without(&probe, value))
            arguments->without[arguments->without_count++] = value;
        else if (strcmp(word, "--first") == 0)
            arguments->first = number;
        else if (strcmp(word, "--seeds") == 0)
            arguments->seeds = number;
        else if (strcmp(word, "--seconds") == 0)
            arguments->seconds = number;
        else if (strcmp(word, "--jobs") == 0 && number >= 1 && number <= JOBS_MAX)
            arguments->jobs = (u32)number;
        else if (strcmp(word, "--requests") == 0 && number <= UINT32_MAX)
            arguments->requests = (u32)number;
        else if (strcmp(word, "--seed") == 0)
            arguments->seed = number;
        else
            return false;
        arguments->single |= strcmp(word, "--seed") == 0;
    }
    return true;
}

int main(int count, char **words)
{
    struct arguments arguments;
    if (!parse(&arguments, count, words)) {
        fprintf(stderr, "usage: simulate [--first N] [--seeds N] [--seconds N] [--jobs N] [--quiet]\n"
                        "       simulate --seed N [--without FAMILY]... [--requests N]\n");
        return 2;
    }
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT(shared != MAP_FAILED);
    shared->parent = getpid();
    atexit(roots_remove);
    if (!roots_make(arguments.jobs))
        return 2;
    return arguments.single ? run_single(&arguments) : run_many(&arguments);
}
