package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"plimsoll/internal/app"
)

// program returns the path by which this program was started, which another
// version may have by the time of an upgrade.
func program() (string, error) {
	path, err := exec.LookPath(os.Args[0])
	if err != nil {
		return os.Executable()
	}
	return filepath.Abs(path)
}

// upgrader starts the program anew at each SIGUSR2, until one takes over.
type upgrader struct {
	path           string
	stdout, stderr io.Writer
	logger         *slog.Logger
}

// run calls leave when the new process has the sockets, and returns.
func (u *upgrader) run(ctx context.Context, usr2 <-chan os.Signal, a *app.App, leave func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-usr2:
		}
		cmd := exec.Command(u.path, os.Args[1:]...)
		cmd.Stdout, cmd.Stderr = u.stdout, u.stderr
		u.logger.Info("starting the program anew, to hand over to it", "path", u.path)
		if err := a.HandOver(ctx, cmd); err != nil {
			u.logger.Error("not handed over, this process goes on", "err", err)
			continue
		}
		u.logger.Info("handed over", "pid", cmd.Process.Pid)
		if err := tellManager(ctx, fmt.Sprintf("MAINPID=%d", cmd.Process.Pid)); err != nil {
			u.logger.Error("the service manager was not told of the new process", "err", err)
		}
		leave()
		return
	}
}

// tellManager tells systemd what sd_notify(3) would, if it wants to know.
func tellManager(ctx context.Context, state string) error {
	address := os.Getenv("NOTIFY_SOCKET")
	if address == "" {
		return nil
	}
	d := net.Dialer{Timeout: time.Second}
	conn, err := d.DialContext(ctx, "unixgram", address) // "@" stands for the abstract namespace
	if err != nil {
		return fmt.Errorf("notify the service manager: %w", err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, state); err != nil {
		return fmt.Errorf("notify the service manager: %w", err)
	}
	return nil
}
