#include "test/marks.h"

#include "base/mark.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define MARKS_LINE_MAX 64

static u64 marks_count(unsigned mark)
{
#ifdef ELEVEN_MARKS
    return __atomic_load_n(&mark_counts[mark], __ATOMIC_RELAXED);
#else
    (void)mark;
    return 0;
#endif
}

#ifdef ELEVEN_MARKS
bool marks_save(const char *path)
{
    char text[MARK_COUNT * MARKS_LINE_MAX];
    size_t size = 0;
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (file < 0)
        return false;
    for (unsigned i = 0; i < MARK_COUNT; i++)
        size += (size_t)snprintf(text + size, MARKS_LINE_MAX, "%s %llu\n", mark_infos[i].name,
                                 (unsigned long long)marks_count(i));
    bool good = write(file, text, size) == (ssize_t)size;
    close(file);
    return good;
}

static void marks_save_at_end(void)
{
    const char *path = getenv("ELEVEN_MARKS_FILE");
    if (path != NULL && path[0] != '\0' && !marks_save(path))
        perror(path);
}

__attribute__((constructor)) static void marks_begin(void)
{
    atexit(marks_save_at_end);
}
#else
bool marks_save(const char *path)
{
    (void)path;
    return true;
}
#endif

void marks_print(FILE *file)
{
    for (unsigned i = 0; i < MARK_COUNT; i++)
        fprintf(file, "%12llu  %-24s %-9s  %s\n", (unsigned long long)marks_count(i), mark_infos[i].name,
                mark_infos[i].fault ? "fault" : "sometimes", mark_infos[i].meaning);
}
