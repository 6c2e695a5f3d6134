package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/certs"
	"plimsoll/internal/certs/certstest"
)

// connect makes one connection to a server of config, in memory, and returns the
// name that it shows and what the server saw of the client.
func connect(t *testing.T, config *tls.Config, roots *x509.CertPool, client ...tls.Certificate) (shown string, seen tls.ConnectionState, err error) {
	t.Helper()
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	served := make(chan error, 1)
	server := tls.Server(theirs, config)
	go func() { served <- server.HandshakeContext(t.Context()) }() // waited for below
	c := tls.Client(ours, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", Certificates: client, MaxVersion: tls.VersionTLS12})
	err = errors.Join(c.HandshakeContext(t.Context()))
	if err != nil {
		ours.Close()
	}
	err = errors.Join(err, <-served)
	if certs := c.ConnectionState().PeerCertificates; len(certs) > 0 {
		shown = certs[0].Subject.CommonName
	}
	return shown, server.ConnectionState(), err
}

func TestServerFollowsItsFiles(t *testing.T) {
	dir := t.TempDir()
	ca := certstest.New(t, dir, "farm", time.Now())
	f := certs.Files{ClientCAFile: ca.File}
	f.CertFile, f.KeyFile = ca.Issue(t, "first")
	var told []error
	config, err := f.Server(func(err error) { told = append(told, err) })
	if err != nil {
		t.Fatal(err)
	}
	wants := func(name string) {
		t.Helper()
		shown, _, err := connect(t, config, ca.Pool())
		if err != nil || shown != name {
			t.Errorf("shows %q, want %q: %v", shown, name, err)
		}
	}
	wants("first")

	cert, key := ca.Issue(t, "second")
	move := func(from, to string) {
		t.Helper()
		if err := errors.Join(os.Rename(from, to), os.Chtimes(to, time.Time{}, time.Now().Add(time.Second*time.Duration(2+len(told))))); err != nil {
			t.Fatal(err)
		}
	}
	move(key, f.KeyFile) // does not fit yet
	wants("first")
	wants("first")
	if len(told) != 1 {
		t.Errorf("told %v", told)
	}
	move(cert, f.CertFile)
	wants("second")
}

func TestClientsShowCertificatesIfTheyHaveOne(t *testing.T) {
	dir := t.TempDir()
	ca, other := certstest.New(t, dir, "farm", time.Now()), certstest.New(t, dir, "other", time.Now())
	f := certs.Files{ClientCAFile: ca.File}
	f.CertFile, f.KeyFile = ca.Issue(t, "server")
	config, err := f.Server(func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	pair := func(cert, key string) tls.Certificate {
		t.Helper()
		p, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if _, seen, err := connect(t, config, ca.Pool()); err != nil || len(seen.VerifiedChains) != 0 {
		t.Errorf("without one: %v", err)
	}
	_, seen, err := connect(t, config, ca.Pool(), pair(ca.Issue(t, "web1")))
	if err != nil || len(seen.VerifiedChains) == 0 || seen.VerifiedChains[0][0].Subject.CommonName != "web1" {
		t.Errorf("with one: %v, %v", seen.VerifiedChains, err)
	}
	if _, seen, _ := connect(t, config, ca.Pool(), pair(other.Issue(t, "web2"))); len(seen.VerifiedChains) != 0 {
		t.Error("one that another authority signed is taken")
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	ca := certstest.New(t, dir, "farm", time.Now())
	cert, key := ca.Issue(t, "server")
	_, foreign := ca.Issue(t, "foreign")
	_, open := ca.Issue(t, "open")
	if err := os.Chmod(open, 0o640); err != nil {
		t.Fatal(err)
	}
	for want, f := range map[string]certs.Files{
		"make it 0600":         {CertFile: cert, KeyFile: open},
		"none.key":             {CertFile: cert, KeyFile: filepath.Join(dir, "none.key")},
		"does not match":       {CertFile: cert, KeyFile: foreign},
		"no certificate in":    {CertFile: cert, KeyFile: key, ClientCAFile: key},
		"client_ca_file: open": {CertFile: cert, KeyFile: key, ClientCAFile: filepath.Join(dir, "none.pem")},
	} {
		if _, err := f.Load(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	for _, f := range []certs.Files{{CertFile: cert}, {KeyFile: key}, {ClientCAFile: ca.File}} {
		if err := f.Validate(); err == nil {
			t.Errorf("%+v is taken", f)
		}
	}
	if err := errors.Join(certs.Files{}.Validate(), certs.Files{CertFile: cert, KeyFile: key}.Validate()); err != nil {
		t.Error(err)
	}
}
