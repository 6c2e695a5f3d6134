package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"

	"plimsoll/dashboard"
	"plimsoll/internal/app"
)

func snapshotCommand() command {
	return command{
		name: "snapshot", args: "[flags] DIR", about: "copy all archives to a directory, while the service runs",
		examples: []string{
			"plimsoll snapshot /backup/plimsoll-$(date +%F)",
			"plimsoll snapshot -verify /backup/plimsoll-2026-01-31",
			"plimsoll serve -data /backup/plimsoll-2026-01-31       # a snapshot is a data directory",
			"plimsoll snapshot -data /var/lib/plimsoll /backup/now  # when no service runs",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			s := &snapshotFlags{}
			s.flags(f)
			f.BoolVar(&s.verify, "verify", false, "compare the snapshot in DIR with its checksums instead")
			f.BoolVar(&s.quiet, "quiet", false, "do not tell how far it is")
			return s.run
		},
	}
}

type snapshotFlags struct {
	archives
	verify, quiet bool
}

var snapshotWork = work{http.MethodPost, "snapshot", func(s dashboard.Storage) dashboard.Work { return s.Snapshot }}

func (s *snapshotFlags) run(e env, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%w: one directory wanted, %d given", errUsage, len(args))
	}
	dir, err := filepath.Abs(args[0])
	if err != nil {
		return err
	}
	if s.verify {
		return verifySnapshot(e, dir)
	}
	result, err := s.do(e, snapshotWork, url.Values{"dir": {dir}}, func(line json.RawMessage) error {
		if s.quiet {
			return nil
		}
		return printProgress(e, line)
	})
	if err != nil {
		return err
	}
	var made struct{ Files, Bytes int64 }
	if err := json.Unmarshal(result, &made); err != nil {
		return fmt.Errorf("answer is no snapshot: %w", err)
	}
	fmt.Fprintf(e.stdout, "%s holds %d files, %s\n", dir, made.Files, bytesText(made.Bytes))
	return nil
}

func printProgress(e env, line json.RawMessage) error {
	var p struct {
		Files, Bytes int64
		OfFiles      int64 `json:"of_files"`
		OfBytes      int64 `json:"of_bytes"`
	}
	if err := json.Unmarshal(line, &p); err != nil {
		return fmt.Errorf("answer is no progress: %w", err)
	}
	_, err := fmt.Fprintf(e.stderr, "%d of %d files, %s of %s\n", p.Files, p.OfFiles, bytesText(p.Bytes), bytesText(p.OfBytes))
	return err
}

// verifySnapshot reads the files itself: it needs no service.
func verifySnapshot(e env, dir string) error {
	bad := 0
	made, files, err := app.VerifySnapshot(e.ctx, dir, func(path string, err error) {
		bad++
		fmt.Fprintf(e.stdout, "%s: %s\n", clean(path), err)
	})
	switch {
	case err != nil:
		return err
	case bad > 0:
		return fmt.Errorf("%d files of %s are not as the snapshot made them", bad, dir)
	}
	fmt.Fprintf(e.stdout, "%s is whole: %d files, made %s\n", dir, files, made.Format("2006-01-02T15:04:05Z"))
	return nil
}
