package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// daemon is something that can be measured.
type daemon struct {
	name, language string
	version        string // of others' daemons
	// get fetches or builds what is needed and returns what start becomes.
	get   func() (starter, error)
	start starter
	// leads says that ratios are taken against it: it is measured as often as ours.
	leads bool
	// gro says that it only shows what GRO gives, or what there is without.
	gro bool
	// missing says why it is not to be had here; start is nil then.
	missing string
}

// peer says that it is not of this repository.
func (d daemon) peer() bool { return d.version != "" }

// A starter runs a daemon in dir, with UDP on a port of 127.0.0.1.
type starter func(dir string, port int) (*child, error)

// ready gets what the daemons need; those that cannot be had stay in the table.
func ready(all []daemon) []daemon {
	for i, d := range all {
		if d.get == nil || d.start != nil {
			continue
		}
		start, err := d.get()
		if err != nil {
			all[i].missing = err.Error()
		}
		all[i].start = start
	}
	return all
}

// build is where what is compiled for the bench is kept, git-ignored.
const build = "build/bench-counterd"

// home are the daemons of this repository: ours and the sinks.
func home(self string) []daemon {
	return []daemon{
		{name: "ours", language: "Go", leads: true, start: selfChild(self, false, "ours")},
		{name: "ours-without-gro", language: "Go", leads: true, gro: true, start: selfChild(self, false, "ours", "-gro", "off")},
		{name: "serve", language: "Go", start: startServe},
		{name: "sink", language: "Go", leads: true, start: selfChild(self, true, "sink")},
		{name: "sink-gro", language: "Go", gro: true, start: selfChild(self, true, "sink", "-gro")},
		{name: "csink", language: "C", start: startCSink()},
		{name: "csink-gro", language: "C", gro: true, start: startCSink("gro")},
	}
}

func selfChild(self string, datagrams bool, args ...string) starter {
	return func(dir string, port int) (*child, error) {
		c, err := speak(exec.Command(self, append(args, "-listen", address(port))...), dir, port)
		if err == nil {
			c.datagrams, c.saysDrops = datagrams, !datagrams
		}
		return c, err
	}
}

func startCSink(args ...string) starter {
	return func(dir string, port int) (*child, error) {
		binary, err := compile("internal/bench/counterd/csink/sink.c", "csink")
		if err != nil {
			return nil, err
		}
		c, err := speak(exec.Command(binary, append([]string{strconv.Itoa(port)}, args...)...), dir, port)
		if err == nil {
			c.datagrams = true
		}
		return c, err
	}
}

// compile makes a C program, unless it is there and newer than its source.
func compile(source, name string) (string, error) {
	binary := filepath.Join(build, name)
	src, err := os.Stat(source)
	if err != nil {
		return "", fmt.Errorf("run the bench in the root of the repository: %w", err)
	}
	if bin, err := os.Stat(binary); err == nil && bin.ModTime().After(src.ModTime()) {
		return binary, nil
	}
	if err := os.MkdirAll(build, 0o755); err != nil {
		return "", err
	}
	if out, err := exec.Command("cc", "-O2", "-Wall", "-pthread", "-o", binary, source).CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile %s: %w: %s", source, err, out)
	}
	return binary, nil
}

// startServe runs the whole service, without the agent for this host.
func startServe(dir string, port int) (*child, error) {
	httpPort, err := freePort()
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "plimsoll.yml")
	if err := os.WriteFile(config, []byte("agent: {enabled: false}\n"), 0o644); err != nil {
		return nil, err
	}
	cmd := exec.Command("bin/plimsoll", "serve", "-config", config, "-data", filepath.Join(dir, "data"),
		"-http", address(httpPort), "-udp", address(port))
	c, err := launch(cmd, dir, port)
	if err != nil {
		return nil, err
	}
	c.saysDrops = true
	c.count = func() (counts, error) {
		page, err := fetch("http://" + address(httpPort) + "/metrics")
		const own = "plimsoll_counterd_"
		return counts{
			Lines: sumOf(page, own+"parsed_lines_total"), Datagrams: sumOf(page, own+"datagrams_total"),
			Bad: sumOf(page, own+"bad_lines_total"), KernelDrops: sumOf(page, own+"kernel_drops_total"),
		}, err
	}
	return c, nil
}
