package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mhale/smtpd"
)

// nginx is a real web server that can be stopped and started again.
type nginx struct {
	*process
	t          *testing.T // as long as which it may run
	addr, conf string
}

func newNginx(t *testing.T) *nginx {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	n := &nginx{t: t, addr: fmt.Sprintf("127.0.0.1:%d", freePort(t))}
	n.conf = writeFile(t, dir, "nginx.conf", fmt.Sprintf(`
daemon off; master_process off; pid %[1]s/pid; error_log stderr;
events {}
http {
  access_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p;
  fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  server { listen %[2]s; location / { return 200 "ship shape\n"; } }
}
`, dir, n.addr))
	n.start()
	return n
}

func (n *nginx) start() {
	n.t.Helper()
	n.process = start(n.t, "/usr/sbin/nginx", "-p", filepath.Dir(n.conf), "-c", n.conf)
	eventually(n.t, "nginx answers", func() error {
		_, err := fetch("http://" + n.addr)
		return err
	})
}

// mailbox is an SMTP server that keeps what it is sent.
type mailbox struct {
	addr  string
	mu    sync.Mutex
	got   []string // subjects
	texts []string // of the same mails
}

func newMailbox(t *testing.T) *mailbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mailbox{addr: l.Addr().String()}
	srv := &smtpd.Server{Hostname: "sink.example", Handler: func(_ net.Addr, _ string, _ []string, data []byte) error {
		msg, err := mail.ReadMessage(bytes.NewReader(data))
		if err != nil {
			return err
		}
		body := msg.Body
		if msg.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(body)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.got, m.texts = append(m.got, msg.Header.Get("Subject")), append(m.texts, string(text))
		return nil
	}}
	go srv.Serve(l) // ends when the cleanup closes l
	t.Cleanup(func() { l.Close() })
	return m
}

func (m *mailbox) count(name, word string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, subject := range m.got {
		if strings.Contains(subject, name) && strings.Contains(subject, word) {
			n++
		}
	}
	return n
}

// wants waits for a mail whose subject has the name and the word.
func (m *mailbox) wants(t *testing.T, name, word string) {
	t.Helper()
	eventually(t, "mail "+word+" "+name, func() error {
		if m.count(name, word) == 0 {
			m.mu.Lock()
			defer m.mu.Unlock()
			return fmt.Errorf("got only %q", m.got)
		}
		return nil
	})
}

// webhook keeps the JSON that is posted to it.
type webhook struct {
	*httptest.Server
	mu  sync.Mutex
	got []hookEvent
}

type hookEvent struct{ Name, Event string }

func newWebhook(t *testing.T) *webhook {
	t.Helper()
	w := &webhook{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var e hookEvent
		if err == nil {
			err = json.Unmarshal(body, &e)
		}
		if err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.got = append(w.got, e)
	}))
	t.Cleanup(w.Close)
	return w
}

func (w *webhook) all() []hookEvent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]hookEvent(nil), w.got...)
}

func (w *webhook) count(name, event string) (n int) {
	for _, e := range w.all() {
		if e.Name == name && e.Event == event {
			n++
		}
	}
	return n
}

// wants waits for a post about the named alert.
func (w *webhook) wants(t *testing.T, name, event string) {
	t.Helper()
	eventually(t, "webhook "+event+" "+name, func() error {
		if w.count(name, event) == 0 {
			return fmt.Errorf("got only %+v", w.all())
		}
		return nil
	})
}
