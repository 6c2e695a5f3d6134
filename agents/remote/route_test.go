package remote

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang/snappy"
	promv2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"

	"plimsoll/internal/metric"
	"plimsoll/internal/remotewrite"
)

// peer is a receiver that can be away; it counts the requests with samples.
type peer struct {
	*httptest.Server
	away  atomic.Bool
	takes atomic.Int32
}

func newPeer(t *testing.T) *peer {
	t.Helper()
	p := &peer{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.away.Load() {
			http.Error(w, "away", http.StatusBadGateway)
			return
		}
		if r.ContentLength > 20 { // a probe has none
			p.takes.Add(1)
		}
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", "2")
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(p.Close)
	return p
}

func TestFailOverAndReturn(t *testing.T) {
	first, second := newPeer(t), newPeer(t)
	now := time.Unix(1_700_000_000, 0)
	s := newSink(t, nil, func(c *Config) {
		c.URLs, c.Failures, c.Probe = []string{first.URL, second.URL}, 2, time.Minute
		c.Now = func() time.Time { return now }
	})
	put := func(wantFirst, wantSecond int32) {
		t.Helper()
		if err := s.Put(t.Context(), twoSamples); err != nil {
			t.Fatal(err)
		}
		if a, b := first.takes.Load(), second.takes.Load(); a != wantFirst || b != wantSecond {
			t.Fatalf("%d and %d requests taken, want %d and %d", a, b, wantFirst, wantSecond)
		}
	}
	put(1, 0)
	first.away.Store(true)
	put(1, 1) // after two failures
	now = now.Add(2 * time.Minute)
	put(1, 2) // the probe fails
	first.away.Store(false)
	put(1, 3) // it is not yet time for the next one
	now = now.Add(2 * time.Minute)
	put(2, 3)
}

// Where all are away nobody is asked without a pause.
func TestFailOverAmongTheDeadPauses(t *testing.T) {
	var asked atomic.Int32
	dead := func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusBadGateway)
	}
	other := httptest.NewServer(http.HandlerFunc(dead))
	t.Cleanup(other.Close)
	s := newSink(t, dead, func(c *Config) { c.Failures, c.MinBackoff, c.MaxBackoff = 1, time.Hour, time.Hour })
	s.route.receivers = append(s.route.receivers, &receiver{url: other.URL})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := s.Put(ctx, twoSamples); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times, not each once", n)
	}
}

// A page of maintenance that says 200 is no receiver of 1.0: it is HTML, or the one
// who was there before told what it wrote.
func TestPageInPlaceOfTheReceiverTakesNothing(t *testing.T) {
	var n atomic.Int32
	s := newSink(t, func(w http.ResponseWriter, r *http.Request) {
		switch n.Add(1) {
		case 1:
			_, _ = io.WriteString(w, "<h1>We will be back</h1>")
			return
		case 3:
			_, _ = io.WriteString(w, "We will be back")
			return
		}
		if v := r.Header.Get("X-Prometheus-Remote-Write-Version"); v != "2.0.0" {
			t.Errorf("version %s", v)
		}
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", "2")
	}, nil)
	for range 2 {
		if err := s.Put(t.Context(), twoSamples); err != nil {
			t.Error(err)
		}
	}
	if n.Load() != 4 {
		t.Errorf("%d requests, not two that were made again", n.Load())
	}
}

// What a receiver tells must fit what it was sent.
func TestCountsThatAreWrong(t *testing.T) {
	for name, c := range map[string]struct {
		status           int
		refused, written string
		want             int // refused
	}{
		"more refused than sent":   {http.StatusBadRequest, "late=100,too old=100", "", 2},
		"more written than sent":   {http.StatusBadRequest, "", "100", 0},
		"less written, and well":   {http.StatusNoContent, "", "1", 1},
		"more written, and well":   {http.StatusNoContent, "", "100", 0},
		"negative":                 {http.StatusBadRequest, "late=-5", "-7", 2},
		"refused, and more so":     {http.StatusBadRequest, "late=1", "0", 1},
		"more than any number":     {http.StatusBadRequest, "", "9223372036854775807", 2},
		"an endless count":         {http.StatusBadRequest, "late=9223372036854775807,x=9223372036854775807", "", 2},
		"a reason that has no end": {http.StatusBadRequest, strings.Repeat("x", 4000) + "=1", "", 2},
	} {
		s := newSink(t, func(w http.ResponseWriter, _ *http.Request) {
			if c.refused != "" {
				w.Header().Set(remotewrite.RefusedHeader, c.refused)
			}
			if c.written != "" {
				w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", c.written)
			}
			w.WriteHeader(c.status)
		}, nil)
		var refused *metric.RefusedError
		err := s.Put(t.Context(), twoSamples)
		n := 0
		if errors.As(err, &refused) {
			n = refused.Count()
		}
		if n != c.want {
			t.Errorf("%s: %d refused: %v", name, n, err)
		}
	}
}

// Reasons become labels, of which there are few, and in UTF-8.
func TestReasonsThatAreMadeUp(t *testing.T) {
	n := 0
	s := newSink(t, func(w http.ResponseWriter, _ *http.Request) {
		n++
		w.Header().Set(remotewrite.RefusedHeader, fmt.Sprintf("reason %d=1,x\xff=1", n))
		if n%2 == 0 {
			w.Header().Set(remotewrite.RefusedHeader, fmt.Sprintf("reason %d=2", n))
		}
		w.WriteHeader(http.StatusBadRequest)
	}, nil)
	seen := map[string]int{}
	for range 4 * maxReasons {
		var refused *metric.RefusedError
		if err := s.Put(t.Context(), twoSamples); !errors.As(err, &refused) || refused.Count() != 2 {
			t.Fatal(err)
		}
		for reason, n := range refused.Reasons {
			seen[reason] += n
		}
	}
	if len(seen) > maxReasons+1 || seen[otherReason] == 0 {
		t.Errorf("%d reasons, %d others", len(seen), seen[otherReason])
	}
}

// Too many requests ask for patience: another collector would get them instead.
func TestPatienceIsNoFailOver(t *testing.T) {
	var n atomic.Int32
	other := newPeer(t)
	s := newSink(t, func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1) < 5 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", "2")
	}, func(c *Config) { c.Failures = 2 })
	s.route.receivers = append(s.route.receivers, &receiver{url: other.URL})
	if err := s.Put(t.Context(), twoSamples); err != nil || other.takes.Load() > 0 {
		t.Errorf("%v, %d requests went to the other", err, other.takes.Load())
	}
}

// A receiver that has what was sent again says late: that is no loss. Without
// doubt it is.
func TestLateIsNoLossWhenSentAgain(t *testing.T) {
	handle := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(remotewrite.StreamHeader) != "s" || r.Header.Get(remotewrite.FirstHeader) != "7" {
			t.Errorf("headers %v", r.Header)
		}
		w.Header().Set(remotewrite.RefusedHeader, "duplicate=1,late=1")
		w.WriteHeader(http.StatusBadRequest)
	}
	s := newSink(t, handle, nil)
	b := Batch{Samples: twoSamples, Stream: "s", First: 7, Again: true}
	if err := s.Send(t.Context(), b); err != nil {
		t.Error(err)
	}
	b.Again = false
	var refused *metric.RefusedError
	if err := s.Send(t.Context(), b); !errors.As(err, &refused) || refused.Reasons["late"] != 1 || refused.Count() != 2 {
		t.Errorf("got %v", err)
	}
}

// certificate writes a certificate of its own for a name, and its key.
func certificate(t *testing.T, name string) (certFile, keyFile string, cert tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IsCA: true,
		BasicConstraintsValid: true, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 2)}, // not where it is: server_name must count
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(t.TempDir(), "cert"), filepath.Join(t.TempDir(), "key")
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "EC PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if cert, err = tls.LoadX509KeyPair(certFile, keyFile); err != nil {
		t.Fatal(err)
	}
	return certFile, keyFile, cert
}

func TestBothSidesShowCertificates(t *testing.T) {
	serverFile, _, serverCert := certificate(t, "collector.example")
	clientFile, clientKey, clientCert := certificate(t, "web1")
	leaf, err := x509.ParseCertificate(clientCert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	known := x509.NewCertPool()
	known.AddCert(leaf)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS.PeerCertificates[0].Subject.CommonName != "web1" {
			t.Error("not the agent's certificate")
		}
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", "2")
	}))
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{serverCert}, ClientAuth: tls.RequireAnyClientCert, ClientCAs: known}
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	srv.StartTLS()
	defer srv.Close()

	given := TLS{CAFile: serverFile, CertFile: clientFile, KeyFile: clientKey, ServerName: "collector.example"}
	s := newSink(t, nil, func(c *Config) { c.URLs, c.TLS = []string{srv.URL}, given })
	if err := s.Put(t.Context(), twoSamples); err != nil {
		t.Error(err)
	}
	given.ServerName = "another.example"
	s = newSink(t, nil, func(c *Config) { c.URLs, c.TLS = []string{srv.URL}, given })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := s.Put(ctx, twoSamples); err == nil || !strings.Contains(err.Error(), "another.example") {
		t.Errorf("took a server of another name: %v", err)
	}
}

func TestKeysThatOthersMayReadAreRefused(t *testing.T) {
	certFile, keyFile, _ := certificate(t, "web1")
	c := Default()
	c.TLS = TLS{CertFile: certFile, KeyFile: keyFile}
	for mode, want := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: true, 0o644: false, 0o660: false, 0o604: false} {
		if err := os.Chmod(keyFile, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := NewClient(c); (err == nil) != want || !want && !errors.Is(err, ErrLoose) {
			t.Errorf("mode %#o: %v", mode, err)
		}
	}
}

// A receiver that refuses all for a sample that it has, and one that takes only
// small requests, get halves.
func TestHalvesFindWhatIsNew(t *testing.T) {
	for name, status := range map[string]int{"has one already": http.StatusBadRequest, "too large": http.StatusRequestEntityTooLarge} {
		t.Run(name, func(t *testing.T) {
			taken := 0
			s := newSink(t, func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				plain, err := snappy.Decode(nil, body)
				if err != nil {
					t.Error(err)
				}
				var req promv2.Request
				if err := req.Unmarshal(plain); err != nil {
					t.Error(err)
				}
				if len(req.Timeseries) > 1 || status == 400 && req.Timeseries[0].Samples[0].Value == 7 {
					w.WriteHeader(status)
					return
				}
				taken++
				w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", "1")
			}, nil)
			err := s.Send(t.Context(), Batch{Samples: twoSamples, Again: true})
			var refused *metric.RefusedError
			switch {
			case status == 413 && (err != nil || taken != 2):
				t.Errorf("%d taken, %v", taken, err)
			case status == 400 && (taken != 1 || !errors.As(err, &refused) || refused.Count() != 1):
				t.Errorf("%d taken, %v", taken, err)
			}
		})
	}
}
