package remote

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/exp/api/remote"
	writev2 "github.com/prometheus/client_golang/exp/api/remote/genproto/v2"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

var twoSamples = []metric.Sample{
	{Labels: labels.FromStrings("__name__", "a_total", "instance", "web1"), Kind: metric.Counter, At: 20_000, Start: 5_000, Value: 7},
	{Labels: labels.FromStrings("__name__", "b", "instance", "web1"), At: 20_000, Value: -1.5},
}

// newSink returns a Sink for a receiver that does what handle does.
func newSink(t *testing.T, handle http.HandlerFunc, edit func(*Config)) *Sink {
	t.Helper()
	srv := httptest.NewServer(handle)
	t.Cleanup(srv.Close)
	cfg := Default()
	cfg.URLs, cfg.MinBackoff, cfg.MaxBackoff = []string{srv.URL}, time.Millisecond, 2*time.Millisecond
	if edit != nil {
		edit(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFallsBackToVersion1(t *testing.T) {
	receivers := map[string]http.HandlerFunc{
		"415": func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.Header.Get("Content-Type"), "v2") {
				w.WriteHeader(http.StatusUnsupportedMediaType)
			}
		},
		"takes all without a word": func(http.ResponseWriter, *http.Request) {},
	}
	for name, handle := range receivers {
		t.Run(name, func(t *testing.T) {
			var versions []string
			s := newSink(t, func(w http.ResponseWriter, r *http.Request) {
				versions = append(versions, r.Header.Get("X-Prometheus-Remote-Write-Version"))
				handle(w, r)
			}, nil)
			for range 2 {
				if err := s.Put(t.Context(), twoSamples); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff([]string{"2.0.0", "0.1.0", "0.1.0"}, versions); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRetriesUntilAccepted(t *testing.T) {
	answers := []int{503, 429, 500, 204}
	var n atomic.Int32
	s := newSink(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", "2")
		w.WriteHeader(answers[n.Add(1)-1])
	}, nil)
	if err := s.Put(t.Context(), twoSamples); err != nil {
		t.Error(err)
	}
	if n.Load() != 4 {
		t.Errorf("%d requests", n.Load())
	}
}

func TestRefusedForGood(t *testing.T) {
	var logged strings.Builder
	s := newSink(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", "1")
		http.Error(w, "late", http.StatusBadRequest)
	}, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&logged, nil)) })
	for range 2 {
		var refused *metric.RefusedError
		if err := s.Put(t.Context(), twoSamples); !errors.As(err, &refused) || refused.Count() != 1 {
			t.Errorf("got %v, want one refused sample", err)
		}
	}
	if text := logged.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, `reason="http 400" samples=1 answer=late`) {
		t.Errorf("logged, once: %s", text)
	}
}

func TestConfigurationFaultKeepsSamples(t *testing.T) {
	for _, status := range []int{401, 403, 404, 302} {
		s := newSink(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		var refused *metric.RefusedError
		if err := s.Put(ctx, twoSamples); err == nil || errors.As(err, &refused) {
			t.Errorf("status %d gives %v, want a plain error", status, err)
		}
		cancel()
	}
}

func TestVersion1HasNoPlaceForTimings(t *testing.T) {
	s := newSink(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Content-Type"), "v2") {
			w.WriteHeader(http.StatusUnsupportedMediaType)
		}
	}, nil)
	batch := append([]metric.Sample{{Labels: labels.FromStrings("__name__", "t_seconds"), Kind: metric.Timing, Sketch: new(sketch.Sketch)}}, twoSamples...)
	var refused *metric.RefusedError
	if err := s.Put(t.Context(), batch); !errors.As(err, &refused) || refused.Reasons["timing"] != 1 || refused.Count() != 1 {
		t.Errorf("got %v", err)
	}
}

func TestTokenFileIsReadAtEachRequest(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	var got []string
	s := newSink(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Authorization"))
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", "2")
	}, func(c *Config) { c.TokenFile = file })
	for _, token := range []string{"one\n", "two\n"} {
		if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(t.Context(), twoSamples); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"Bearer one", "Bearer two"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPutEndsWithContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close() // nobody listens there now
	cfg := Default()
	cfg.URLs, cfg.MinBackoff, cfg.MaxBackoff = []string{"http://" + l.Addr().String()}, time.Millisecond, time.Millisecond
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var refused *metric.RefusedError
	if err := s.Put(ctx, twoSamples); err == nil || errors.As(err, &refused) {
		t.Errorf("got %v, want a plain error", err)
	}
}

func TestRetryAfterIsCapped(t *testing.T) {
	s := newSink(t, func(http.ResponseWriter, *http.Request) {}, func(c *Config) { c.MaxRetryAfter = time.Minute })
	for asked, want := range map[time.Duration]time.Duration{3 * time.Second: 3 * time.Second, time.Hour: time.Minute, 0: 0} {
		if got := s.wait(0, answer{status: 503, wait: asked}); got != want {
			t.Errorf("asked to wait %v, waits %v", asked, got)
		}
	}
}

// store is what the client library's receiver stores into.
type store struct{}

func (store) Store(r *http.Request, version remote.WriteMessageType) (*remote.WriteResponse, error) {
	body, err := io.ReadAll(r.Body)
	w := remote.NewWriteResponse()
	if version == remote.WriteV1MessageType {
		var req prompb.WriteRequest
		return w, errors.Join(err, req.Unmarshal(body))
	}
	var req writev2.Request
	err = errors.Join(err, req.UnmarshalVT(body))
	w.Samples = len(req.Timeseries)
	return w, err
}

func TestAgainstTheLibrarysReceiver(t *testing.T) {
	for _, accepted := range []remote.WriteMessageType{remote.WriteV1MessageType, remote.WriteV2MessageType} {
		h := remote.NewWriteHandler(store{}, remote.MessageTypes{accepted})
		if err := newSink(t, h.ServeHTTP, nil).Put(t.Context(), twoSamples); err != nil {
			t.Errorf("%s: %v", accepted, err)
		}
	}
}

func TestConfigReportsAllProblems(t *testing.T) {
	err := Config{Token: "a", TokenFile: "b", MaxRetryAfter: -1}.Validate()
	for _, key := range []string{"token", "timeout", "min_backoff", "max_retry_after", "failures", "probe"} {
		if err == nil || !strings.Contains(err.Error(), key+":") {
			t.Errorf("%s is not in %v", key, err)
		}
	}
}
