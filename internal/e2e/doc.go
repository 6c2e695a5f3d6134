// Package e2e tries the real binaries as a user does, against real peers from
// Debian's packages: nginx, nc, rrdtool, Chromium, and the statsd clients that
// programs use, from their registries (clients/). It has only tests. Each
// starts what it needs on free ports in a temporary directory and ends it by
// its process id.
package e2e
