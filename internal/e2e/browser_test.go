package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// browser is a headless Chromium, driven through browser.mjs.
type browser struct {
	*testing.T
	requests io.Writer
	answers  *bufio.Scanner
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	web, err := filepath.Abs(filepath.Join("..", "..", "dashboard", "web"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "browser.mjs", web)
	stderr := &output{}
	cmd.Stderr = stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the browser: %v (make test installs what is needed)", err)
	}
	t.Cleanup(func() {
		in.Close() // ends it
		timer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
		if err := cmd.Wait(); err != nil || t.Failed() {
			t.Logf("browser: %v\n%s", err, stderr)
		}
	})
	sc := bufio.NewScanner(out)
	sc.Buffer(nil, 16<<20)
	return &browser{t, in, sc}
}

// do sends one request and decodes the value of its answer into v, if given.
func (b *browser) do(request map[string]any, v any) error {
	line, err := json.Marshal(request)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(b.requests, "%s\n", line); err != nil {
		return err
	}
	if !b.answers.Scan() {
		return fmt.Errorf("browser went away: %w", b.answers.Err())
	}
	var answer struct {
		Value json.RawMessage
		Error string
	}
	if err := json.Unmarshal(b.answers.Bytes(), &answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return fmt.Errorf("%s", answer.Error)
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(answer.Value, v)
}

// in returns the browser for a subtest.
func (b *browser) in(t *testing.T) *browser { return &browser{t, b.requests, b.answers} }

func (b *browser) open(url string) {
	b.Helper()
	if err := b.do(map[string]any{"do": "open", "url": url}, nil); err != nil {
		b.Fatal(err)
	}
}

// wait waits until the JavaScript expression is true in the page.
func (b *browser) wait(js string) {
	b.Helper()
	if err := b.do(map[string]any{"do": "wait", "js": js, "timeout": patience.Milliseconds()}, nil); err != nil {
		b.shot(filepath.Join(b.TempDir(), "failed.png"), false)
		var text string
		_ = b.do(map[string]any{"do": "eval", "js": "document.body.innerText"}, &text)
		b.Fatalf("waiting for %s: %v\nthe page says:\n%s", js, err, tail(text))
	}
}

// sees waits until an element matches the selector.
func (b *browser) sees(selector string) {
	b.Helper()
	b.wait(fmt.Sprintf("document.querySelector(%q) !== null", selector))
}

// misses waits until no element matches the selector.
func (b *browser) misses(selector string) {
	b.Helper()
	b.wait(fmt.Sprintf("document.querySelector(%q) === null", selector))
}

func (b *browser) eval(js string, v any) {
	b.Helper()
	if err := b.do(map[string]any{"do": "eval", "js": js}, v); err != nil {
		b.Fatalf("%s: %v", js, err)
	}
}

func (b *browser) size(width, height int, dark bool) {
	b.Helper()
	if err := b.do(map[string]any{"do": "size", "width": width, "height": height, "dark": dark}, nil); err != nil {
		b.Fatal(err)
	}
}

func (b *browser) shot(path string, full bool) {
	b.Helper()
	if err := b.do(map[string]any{"do": "shot", "path": path, "full": full}, nil); err != nil {
		b.Logf("screenshot: %v", err)
	}
}

// quiet fails if the page threw or logged an error.
func (b *browser) quiet() {
	b.Helper()
	var complaints []string
	if err := b.do(map[string]any{"do": "complaints"}, &complaints); err != nil || len(complaints) > 0 {
		b.Errorf("the page complained: %v %q", err, complaints)
	}
}
