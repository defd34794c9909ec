/*
 * io.c: the two loops around short transfers that every user of struct io
 * would otherwise write again. They hold for any io, simulated or real.
 */
#include "io/io.h"

#include "base/assert.h"
#include "base/mark.h"

#include <errno.h>

int io_write_all(const struct io *io, int file, const void *bytes, size_t size, u64 offset)
{
    const u8 *from = bytes;
    int idle = 0;

    ASSERT(file >= 0);
    while (size > 0) {
        i64 written = io->write(io->context, file, from, size, offset);
        if (written < 0)
            return (int)written;
        ASSERT((u64)written <= size);
        /* A transfer that goes on inside a sector would break IO_DIRECT: repeat that sector. */
        MARK_WHEN(WRITE_SHORT, (u64)written < size);
        if ((u64)written < size)
            written -= written % (i64)IO_SECTOR;
        /* A file system that writes nothing, again and again, and gives no reason. */
        idle = written == 0 ? idle + 1 : 0;
        if (idle == 8) {
            MARK(WRITE_STUCK);
            return -EIO;
        }
        from += written;
        size -= (size_t)written;
        offset += (u64)written;
    }
    return 0;
}

int io_read_all(const struct io *io, int file, void *bytes, size_t size, u64 offset)
{
    i64 got = io->read(io->context, file, bytes, size, offset);

    if (got < 0)
        return (int)got;
    ASSERT((u64)got <= size);
    return (u64)got == size ? 0 : -ENODATA;
}
