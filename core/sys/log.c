/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "sys/log.h"

#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <syslog.h>
#include <unistd.h>

#define TO_SYSLOG (-1)

/* A pipe keeps the lines of several processes apart up to PIPE_BUF bytes. */
#define LINE_MAX_BYTES 4096u
/* What ends a line is kept room for: the mark of a cut, "\"}\n". */
#define LINE_TAIL 8u

struct line {
	size_t n;
	bool cut;
	char text[LINE_MAX_BYTES];
};

static const struct {
	const char *word;
	int priority;
} levels[] = {
#define TALLY_LOG_LEVEL(name, word, priority) [TALLY_LOG_##name] = { word, priority },
#include "sys/log.def"
#undef TALLY_LOG_LEVEL
};

/* Read by every line without a lock; changed by open under one. */
static atomic_int target_now = STDERR_FILENO;
static atomic_int format_now = TALLY_LOG_PLAIN;
static atomic_int level_now = TALLY_LOG_NOTICE;

static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static int file_fd = -1; /* kept for good once there is one: see swap_file */
static char file_path[LINE_MAX_BYTES];

static _Thread_local const char *request;

static void put(struct line *line, const char *p, size_t n)
{
	if (line->cut || n > LINE_MAX_BYTES - LINE_TAIL - line->n) {
		line->cut = true;
		return;
	}
	memcpy(line->text + line->n, p, n);
	line->n += n;
}

static void put_str(struct line *line, const char *s)
{
	put(line, s, strlen(s));
}

/* One byte as \xNN, in JSON as \\xNN. */
static void put_hex(struct line *line, char c, bool json)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char byte = (unsigned char)c;
	const char text[] = { '\\', '\\', 'x', hex[byte >> 4], hex[byte & 15] };

	put(line, json ? text : text + 1, json ? 5 : 4);
}

/* C0, DEL and C1, which move the cursor of a terminal or end a line. */
static bool is_control(const char *p, size_t size)
{
	unsigned char first = (unsigned char)p[0];

	if (size == 1)
		return first < 0x20 || first == 0x7f;
	return size == 2 && first == 0xc2 && (unsigned char)p[1] < 0xa0;
}

/* Foreign text: what a client sent may be in it. */
static void put_safe(struct line *line, struct tally_span s, bool json)
{
	size_t size;

	for (size_t at = 0; at < s.n; at += size) {
		const char *p = s.p + at;

		size = tally_span_utf8_size(tally_span(p, s.n - at));
		if (size == 0 || is_control(p, size)) {
			size = 1;
			put_hex(line, *p, json);
		} else if (json && (*p == '"' || *p == '\\')) {
			put(line, (const char[]){ '\\', *p }, 2);
		} else {
			put(line, p, size);
		}
	}
}

static void put_message(struct line *line, struct tally_span message, bool json)
{
	put_safe(line, message, json);
	if (!line->cut)
		return;
	memcpy(line->text + line->n, "...", 3);
	line->n += 3;
}

static void put_json(struct line *line, enum tally_log_level level, struct tally_span message)
{
	char head[128];
	char time[TALLY_TIME_SIZE];

	tally_clock_format_ms(time, tally_clock_now_us());
	snprintf(head, sizeof(head), "{\"time\":\"%s\",\"level\":\"%s\",\"pid\":%ld", time,
		 levels[level].word, (long)getpid());
	put_str(line, head);
	if (request != NULL) {
		put_str(line, ",\"request_id\":\"");
		put_safe(line, tally_span_of(request), true);
		put_str(line, "\"");
	}
	put_str(line, ",\"message\":\"");
	put_message(line, message, true);
	memcpy(line->text + line->n, "\"}", 2);
	line->n += 2;
}

static void put_text(struct line *line, enum tally_log_level level, struct tally_span message)
{
	char head[128];
	char time[TALLY_TIME_SIZE];

	/* syslog has time, level and process already. */
	if (target_now != TO_SYSLOG) {
		tally_clock_format_ms(time, tally_clock_now_us());
		snprintf(head, sizeof(head), "%s %s tallystick[%ld] ", time, levels[level].word,
			 (long)getpid());
		put_str(line, head);
	}
	put_safe(line, request != NULL ? tally_span_of(request) : TALLY_SPAN("-"), false);
	put_str(line, " ");
	put_message(line, message, false);
}

static void put_plain(struct line *line, enum tally_log_level level, struct tally_span message)
{
	put_str(line, "tallystick: ");
	put_str(line, levels[level].word);
	put_str(line, ": ");
	put_message(line, message, false);
}

static void emit(struct line *line, enum tally_log_level level)
{
	int fd = target_now;

	if (fd == TO_SYSLOG) {
		syslog(levels[level].priority, "%.*s", (int)line->n, line->text);
		return;
	}
	line->text[line->n++] = '\n';
	/* A log that cannot be written must not stop the service. */
	while (write(fd, line->text, line->n) < 0 && errno == EINTR)
		;
}

bool tally_log_would(enum tally_log_level level)
{
	return (int)level <= level_now;
}

void tally_log_request(const char *request_id)
{
	request = request_id;
}

void tally_log(enum tally_log_level level, const char *format, ...)
{
	int saved = errno; /* for "%m", and for the caller */
	char message[LINE_MAX_BYTES];
	struct line line = { .n = 0, .cut = false };
	va_list args;

	if (!tally_log_would(level))
		return;
	va_start(args, format);
	int n = vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (n < 0)
		n = snprintf(message, sizeof(message), "(a message that cannot be formatted)");
	/* What is longer than message is also longer than a line: put sees the cut. */
	struct tally_span text = tally_span(message, (size_t)n < sizeof(message)
							     ? (size_t)n : sizeof(message) - 1);

	switch ((enum tally_log_format)format_now) {
	case TALLY_LOG_TEXT:
		put_text(&line, level, text);
		break;
	case TALLY_LOG_JSON:
		put_json(&line, level, text);
		break;
	case TALLY_LOG_PLAIN:
		put_plain(&line, level, text);
		break;
	}
	emit(&line, level);
	errno = saved;
}

static int open_path(const char *path)
{
	if (strlen(path) >= sizeof(file_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

/*
 * Puts another file under the number that other threads write to at this
 * moment: dup3 replaces it in one step, so that no line meets a closed file.
 */
static bool swap_file(int fd)
{
	if (file_fd < 0) {
		file_fd = fd;
		return true;
	}
	int done = dup3(fd, file_fd, O_CLOEXEC);

	close(fd);
	return done >= 0;
}

static bool open_file(const char *path)
{
	int fd = open_path(path);

	if (fd < 0 || !swap_file(fd))
		return false;
	memcpy(file_path, path, strlen(path) + 1);
	target_now = file_fd;
	return true;
}

enum tally_err tally_log_open(const char *target, enum tally_log_format format,
			      enum tally_log_level level)
{
	bool opened = true;

	pthread_mutex_lock(&open_lock);
	if (strcmp(target, "stderr") == 0) {
		target_now = STDERR_FILENO;
	} else if (strcmp(target, "syslog") == 0) {
		openlog("tallystick", LOG_PID | LOG_NDELAY, LOG_DAEMON);
		target_now = TO_SYSLOG;
	} else {
		opened = open_file(target);
	}
	if (opened) {
		format_now = (int)format;
		level_now = (int)level;
	}
	pthread_mutex_unlock(&open_lock);
	if (opened)
		return TALLY_OK;
	tally_log_error("cannot open the log %s: %m", target);
	return TALLY_ERR_IO;
}

void tally_log_reopen(void)
{
	pthread_mutex_lock(&open_lock);
	bool opened = target_now < 0 || target_now != file_fd;

	if (!opened) {
		int fd = open_path(file_path);

		opened = fd >= 0 && swap_file(fd);
	}
	pthread_mutex_unlock(&open_lock);
	if (!opened)
		tally_log_error("cannot open the log %s anew: %m", file_path);
}
