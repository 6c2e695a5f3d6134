package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"plimsoll/internal/bench/process"
)

// socket is the state of all UDP sockets of one port together.
type socket struct {
	found  bool
	queued uint64 // bytes that wait to be read, with the kernel's overhead
	drops  uint64 // datagrams, since the socket was made
}

func socketOf(port int) (socket, error) {
	var s socket
	for _, file := range []string{"/proc/net/udp", "/proc/net/udp6"} {
		b, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue // no IPv6 here
		}
		if err != nil {
			return s, err
		}
		for l := range strings.Lines(string(b)) {
			if err := s.add(l, fmt.Sprintf(":%04X", port)); err != nil {
				return s, fmt.Errorf("%s: %q: %w", file, l, err)
			}
		}
	}
	return s, nil
}

func (s *socket) add(line, suffix string) error {
	f := strings.Fields(line)
	if len(f) < 13 || !strings.HasSuffix(f[1], suffix) {
		return nil
	}
	_, queue, _ := strings.Cut(f[4], ":")
	queued, err := strconv.ParseUint(queue, 16, 64)
	if err != nil {
		return err
	}
	drops, err := strconv.ParseUint(f[12], 10, 64)
	if err != nil {
		return err
	}
	s.found = true
	s.queued += queued
	s.drops += drops
	return nil
}

func machine() string {
	limit := "?"
	if b, err := os.ReadFile("/proc/sys/net/core/rmem_max"); err == nil {
		limit = strings.TrimSpace(string(b))
	}
	return fmt.Sprintf("%s, net.core.rmem_max %s", process.Machine(), limit)
}
