package main

import (
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// peerModules pins what each peer written in Go is built from. They are not in
// our go.mod: the product must not depend on what it is measured against.
//
//go:embed peers/*.mod
var peerModules embed.FS

// goPeer builds a program of the Go module proxy, once.
func goPeer(name, program, tags string) (string, error) {
	binary, err := filepath.Abs(filepath.Join(build, name))
	if err != nil {
		return "", err
	}
	mod, err := peerModules.ReadFile("peers/" + name + ".mod")
	if err != nil {
		return "", err
	}
	dir := filepath.Join(build, "src-"+name)
	pinned := filepath.Join(dir, "pinned.mod")
	if have, err := os.ReadFile(pinned); err == nil && string(have) == string(mod) && exists(binary) {
		return binary, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), mod, 0o644); err != nil {
		return "", err
	}
	fmt.Fprintln(os.Stderr, "building", name)
	if err := quietly(dir, 10*time.Minute, "go", "build", "-mod=mod", "-trimpath", "-tags", tags, "-o", binary, program); err != nil {
		return "", err
	}
	return binary, os.WriteFile(pinned, mod, 0o644)
}

// npmPeer installs a package of npm without its optional parts, once.
func npmPeer(name, version string) (string, error) {
	dir := filepath.Join(build, "npm-"+name+"-"+version)
	installed := filepath.Join(dir, "node_modules", name)
	if exists(filepath.Join(installed, "package.json")) {
		return filepath.Abs(installed)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	// Packages may hold Go files: a module file keeps them out of ./... of ours.
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module peer\n"), 0o644); err != nil {
		return "", err
	}
	err := quietly(dir, 2*time.Minute, "npm", "install", "--prefix", ".", "--silent", "--no-fund", "--no-audit",
		"--omit=optional", "--ignore-scripts", name+"@"+version)
	if err != nil {
		return "", err
	}
	return filepath.Abs(installed)
}

// debianPeer unpacks Debian packages into a directory of their own, once:
// nothing is installed, so that no service of theirs starts on this machine.
func debianPeer(name string, packages ...string) (string, error) {
	dir, err := filepath.Abs(filepath.Join(build, "deb-"+name))
	if err != nil {
		return "", err
	}
	root := filepath.Join(dir, "root")
	done := filepath.Join(dir, strings.NewReplacer("=", "-", " ", "-").Replace(strings.Join(packages, " ")))
	if exists(done) {
		return root, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	download := append([]string{"download", "-q"}, packages...)
	if quietly(dir, 2*time.Minute, "apt-get", download...) != nil {
		// The lists of a new machine may be empty; who may not refresh them is
		// told by the second try.
		_ = quietly(dir, 2*time.Minute, "apt-get", "update", "-q")
		if err := quietly(dir, 2*time.Minute, "apt-get", download...); err != nil {
			return "", err
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil {
		return "", err
	}
	for _, f := range files {
		if err := quietly(dir, time.Minute, "dpkg-deb", "-x", f, root); err != nil {
			return "", err
		}
	}
	return root, os.WriteFile(done, nil, 0o644)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// quietly runs a program in dir; its error holds the last that it said.
func quietly(dir string, limit time.Duration, program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOWORK=off")
	killer := time.AfterFunc(limit, func() {
		if cmd.Process != nil {
			_ = cmd.Process.Kill()
		}
	})
	defer killer.Stop()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", program, args[0], err, lastLines(string(out), 2))
	}
	return nil
}
