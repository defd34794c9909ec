/*
 * Tells systemd how we are (sd_notify(3): a datagram to the socket that NOTIFY_SOCKET names), if it asked for it.
 */
#ifndef ELEVEN_DOOR_NOTIFY_H
#define ELEVEN_DOOR_NOTIFY_H

/* "READY=1", "STOPPING=1". Does nothing outside of systemd; a failure is of no consequence. */
void notify_systemd(const char *state);

#endif
