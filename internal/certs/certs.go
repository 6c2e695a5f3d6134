// Package certs serves TLS from files that may change while the server runs, as
// those who renew certificates do it: each connection looks whether they changed.
// Files that do not fit together leave what was there in force, and are reported.
package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// Files are those of a server. Without CertFile it speaks no TLS.
type Files struct {
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"` // nobody but its owner may read it
	// ClientCAFile has who signs certificates of clients: one who shows a
	// certificate must have it from there, and nobody must show one.
	ClientCAFile string `yaml:"client_ca_file"`
}

// Configured says whether there is TLS.
func (f Files) Configured() bool { return f != Files{} }

// Validate reports what is missing, without looking into the files.
func (f Files) Validate() error {
	if f.Configured() && (f.CertFile == "" || f.KeyFile == "") {
		return errors.New("tls: cert_file and key_file are needed, both")
	}
	return nil
}

// Load reads the files. A key that others may read is refused.
func (f Files) Load() (*tls.Config, error) {
	info, err := os.Stat(f.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("key_file: %w", err)
	}
	if open := info.Mode().Perm() & 0o077; open != 0 {
		return nil, fmt.Errorf("key_file: %q can be read or written by others (mode %#o): make it 0600", f.KeyFile, info.Mode().Perm())
	}
	pair, err := tls.LoadX509KeyPair(f.CertFile, f.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("cert_file %q and key_file %q: %w", f.CertFile, f.KeyFile, err)
	}
	c := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if f.ClientCAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(f.ClientCAFile)
	if err != nil {
		return nil, fmt.Errorf("client_ca_file: %w", err)
	}
	c.ClientAuth, c.ClientCAs = tls.VerifyClientCertIfGiven, x509.NewCertPool()
	if !c.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("client_ca_file: no certificate in %q", f.ClientCAFile)
	}
	return c, nil
}

// Server returns a configuration that follows the files. Report is told of files
// that changed and cannot be used, once for each change.
func (f Files) Server(report func(error)) (*tls.Config, error) {
	is, err := f.Load()
	if err != nil {
		return nil, err
	}
	w := &watched{files: f, report: report, is: is, stamp: f.stamp()}
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return w.now(), nil },
	}, nil
}

// stamp tells one state of the files from another.
type stamp [3]struct {
	changed time.Time
	size    int64
}

func (f Files) stamp() (s stamp) {
	for i, name := range []string{f.CertFile, f.KeyFile, f.ClientCAFile} {
		if info, err := os.Stat(name); err == nil {
			s[i].changed, s[i].size = info.ModTime(), info.Size()
		}
	}
	return s
}

// watched is what is in force of the files.
type watched struct {
	files  Files
	report func(error)

	mu    sync.Mutex // guards what follows
	is    *tls.Config
	stamp stamp // of the files when they were last read
}

// now returns what is in force, read again if the files changed.
func (w *watched) now() *tls.Config {
	w.mu.Lock()
	defer w.mu.Unlock()
	stamp := w.files.stamp()
	if stamp == w.stamp {
		return w.is
	}
	w.stamp = stamp
	is, err := w.files.Load()
	if err != nil {
		w.report(fmt.Errorf("TLS goes on with the certificate it had: %w", err))
		return w.is
	}
	w.is = is
	return w.is
}
