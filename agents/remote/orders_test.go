package remote

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/orders"
)

// clocked is a clock that goes on by so much at each look.
type clocked struct {
	mu   sync.Mutex // guards now
	now  time.Time
	step time.Duration
}

func (c *clocked) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(c.step)
	return c.now
}

// newOrders returns a desk whose collectors answer with handlers, and whose clock
// goes on by a step between question and answer.
func newOrders(t *testing.T, step time.Duration, handlers ...http.HandlerFunc) *Orders {
	t.Helper()
	c := Default()
	c.URLs, c.Token, c.UserAgent = nil, "s3cret", "test"
	for _, h := range handlers {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		c.URLs = append(c.URLs, s.URL+"/")
	}
	o, err := NewOrders(c, (&clocked{now: time.Unix(1_700_000_000, 0), step: step}).read)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func says(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

var webAsk = orders.Ask{Instance: "web 3", Process: "p1", Handlers: []string{"restart", "reload"}, Have: []string{"o0"}}

func TestOrdersAreAskedFor(t *testing.T) {
	o := newOrders(t, 3*time.Second, func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query().Encode(); got != "handler=restart&handler=reload&have=o0&instance=web+3&process=p1" || r.Header.Get("Authorization") != "Bearer s3cret" {
			t.Errorf("asked with %s, %v", got, r.Header)
		}
		_, _ = io.WriteString(w, `{"id":"o1","name":"restart","alert":"check/web","ttl_seconds":60,"waited_seconds":1}`)
	})
	got, is, err := o.Take(t.Context(), webAsk)
	want := orders.Order{ID: "o1", Name: "restart", Alert: "check/web", TTL: 58 * time.Second} // 2 s on the way
	if diff := cmp.Diff(want, got); diff != "" || !is || err != nil {
		t.Error(is, err, diff)
	}
}

// What is left of an order's time is never more than was told, and none where the
// telling makes no sense.
func TestTimeOnTheWay(t *testing.T) {
	for body, want := range map[string]time.Duration{
		`"ttl_seconds":60,"waited_seconds":10`:   time.Minute, // it waited longer than we did: clocks are not so exact
		`"ttl_seconds":60`:                       58 * time.Second,
		`"ttl_seconds":1`:                        -time.Second,
		`"ttl_seconds":-1`:                       -2 * time.Second,
		`"ttl_seconds":1e300`:                    -2 * time.Second,
		`"ttl_seconds":60,"waited_seconds":-100`: 58 * time.Second,
	} {
		o := newOrders(t, 2*time.Second, says(200, `{"id":"o1",`+body+`}`))
		if got, _, err := o.Take(t.Context(), webAsk); got.TTL != want || err != nil {
			t.Errorf("%s: %v, %v", body, got.TTL, err)
		}
	}
	began := time.Now()
	if slept := began.Add(time.Second).Round(0).Add(time.Hour); elapsed(began, slept) != time.Hour+time.Second {
		t.Error("a machine that slept is not noticed")
	}
}

func TestNoOrders(t *testing.T) {
	if _, is, err := newOrders(t, 0, says(204, "")).Take(t.Context(), webAsk); is || err != nil {
		t.Error(is, err)
	}
	for _, h := range []http.HandlerFunc{
		says(404, "no such path"), says(200, "<h1>We will be back</h1>"), says(200, `{"id":""}`), says(200, `[]`), says(403, "this token is not for the instance"),
		says(200, `{"id":"`+strings.Repeat("x", 1<<20)+`"}`),
	} {
		if _, is, err := newOrders(t, 0, h).Take(t.Context(), webAsk); is || err == nil {
			t.Error("no error")
		}
	}
}

// The collector that gave an order is the one that gets its answer.
func TestAnswerGoesToWhoOrdered(t *testing.T) {
	code := http.StatusServiceUnavailable
	var got string
	o := newOrders(t, 0, says(502, "away"), func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, `{"id":"o/1","name":"restart","ttl_seconds":60}`)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = fmt.Sprint(r.URL.RequestURI(), " ", string(body))
		w.WriteHeader(code)
	})
	if _, is, err := o.Take(t.Context(), webAsk); !is || err != nil {
		t.Fatal(is, err)
	}
	a := orders.Answer{ID: "o/1", Instance: "web 3", Process: "p1", Status: orders.Failed, ExitCode: 3, Why: "exit status 3", Output: "x"}
	if err := o.Answer(t.Context(), a); err == nil || errors.Is(err, orders.ErrClosed) {
		t.Error(err)
	}
	code = http.StatusOK
	if err := o.Answer(t.Context(), a); err != nil {
		t.Error(err)
	}
	if want := `/api/plimsoll/v1/orders/o%2F1?instance=web+3 {"process":"p1","status":"failed","exit_code":3,"why":"exit status 3","output":"x"}`; got != want {
		t.Errorf("got %s", got)
	}
	if err := o.Answer(t.Context(), a); !errors.Is(err, orders.ErrUnknown) {
		t.Errorf("answered twice: %v", err)
	}
}

func TestAnswersThatComeTooLate(t *testing.T) {
	for code, want := range map[int]error{409: orders.ErrClosed, 404: orders.ErrUnknown} {
		o := newOrders(t, 0, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				w.WriteHeader(code)
				return
			}
			_, _ = io.WriteString(w, `{"id":"o1","ttl_seconds":60}`)
		})
		if _, _, err := o.Take(t.Context(), webAsk); err != nil {
			t.Fatal(err)
		}
		if err := o.Answer(t.Context(), orders.Answer{ID: "o1"}); !errors.Is(err, want) {
			t.Errorf("%d: %v", code, err)
		}
	}
}
