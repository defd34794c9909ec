#include "cli/file.h"

#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_BYTES_FIRST ((size_t)1 << 20) /* then doubled */

/* All of the stream. 0 or errno. */
static int file_read(FILE *stream, struct source *source)
{
    size_t room = FILE_BYTES_FIRST;
    source->bytes = malloc(room);
    while (source->bytes != NULL) {
        source->size += fread(source->bytes + source->size, 1, room - source->size, stream);
        if (source->size < room)
            return ferror(stream) ? errno : 0;
        if (room >= TABLE_BYTES_MAX)
            return EFBIG;
        room *= 2;
        char *more = realloc(source->bytes, room);
        if (more == NULL)
            return ENOMEM;
        source->bytes = more;
    }
    return ENOMEM;
}

int file_open(struct source *source, const char *name)
{
    *source = (struct source){.name = name};
    FILE *stream = fopen(name, "rbe");
    int error = stream == NULL ? errno : file_read(stream, source);
    if (stream != NULL)
        (void)fclose(stream);
    if (error == 0)
        return CLI_DONE;
    cli_error(name, "%s", error == EFBIG ? "larger than 1 GiB; please cut it into several files" : strerror(error));
    file_close(source);
    return CLI_FILE;
}

void file_close(struct source *source)
{
    free(source->bytes);
    *source = (struct source){0};
}
