#define _GNU_SOURCE
/* direct DIR FIRST POINTS STEP < paths: updates each file with librrd, one point
 * a call, and prints the microseconds of CPU that took. */
#include <rrd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static double cpu(void) {
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
	char **path = NULL, line[4096];
	size_t n = 0, room = 0;
	if (argc != 5) return 2;
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = 0;
		if (n == room) path = realloc(path, (room = 2 * room + 1024) * sizeof *path);
		if (asprintf(&path[n], "%s/%s", argv[1], line) < 0) return 1;
		n++;
	}
	long at = atol(argv[2]), points = atol(argv[3]), step = atol(argv[4]);
	double begin = cpu();
	for (long p = 0; p < points; p++) {
		for (size_t i = 0; i < n; i++) {
			char text[64];
			const char *args[] = {text, NULL};
			snprintf(text, sizeof text, "%ld:%zu.25", at + p * step, i);
			if (rrd_update_r(path[i], NULL, 1, args)) {
				fprintf(stderr, "%s: %s\n", path[i], rrd_get_error());
				return 1;
			}
		}
	}
	printf("%.6f\n", cpu() - begin);
	return 0;
}
