package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// direct has a C program update files with librrd, one point a call: the least
// that anybody pays who calls it so.
func direct(ctx context.Context, dir string, series, points int, first int64) (round, error) {
	binary, err := compile(dir)
	if err != nil {
		return round{}, err
	}
	var paths strings.Builder
	for i := range series {
		paths.WriteString(fileOf(i) + "\n")
	}
	begin := time.Now()
	cmd := exec.CommandContext(ctx, binary, dir, strconv.FormatInt(first, 10), strconv.Itoa(points), strconv.Itoa(int(step/time.Second)))
	cmd.Stdin, cmd.Stderr = strings.NewReader(paths.String()), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return round{}, fmt.Errorf("librrd directly: %w", err)
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	return round{Points: series * points, CPU: time.Duration(seconds * 1e9), Wall: time.Since(begin)}, err
}

func compile(dir string) (string, error) {
	binary := filepath.Join(dir, "direct")
	out, err := exec.Command("cc", "-O2", "-o", binary, "internal/bench/rrdstore/direct/direct.c", "-lrrd").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("compile direct.c, in the root of the repository: %w: %s", err, out)
	}
	return binary, nil
}
