package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

const indexPage = "index.html"

// mediaTypes are the types of all files that pages may be made of. They do not
// depend on what the machine has in /etc/mime.types.
var mediaTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".ico":         "image/x-icon",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".map":         "application/json",
	".md":          "text/plain; charset=utf-8",
	".mjs":         "text/javascript; charset=utf-8",
	".mts":         "text/plain; charset=utf-8",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".ts":          "text/plain; charset=utf-8",
	".txt":         "text/plain; charset=utf-8",
	".webmanifest": "application/manifest+json",
	".woff2":       "font/woff2",
}

// site serves the web pages from memory.
type site struct {
	files map[string]*page
	dirs  map[string]bool // first elements of paths that have files below them
}

// page is a file in both its encodings.
type page struct {
	media string
	plain body
	gzip  body // empty when it would not be smaller
}

type body struct {
	data []byte
	etag string
}

// newSite reads all of files, which must hold index.html.
func newSite(files fs.FS) (*site, error) {
	s := &site{files: map[string]*page{}, dirs: map[string]bool{}}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if dir, _, below := strings.Cut(name, "/"); below {
			s.dirs[dir] = true
		}
		s.files[name] = newPage(name, data)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read web pages: %w", err)
	}
	if s.files[indexPage] == nil {
		return nil, fmt.Errorf("read web pages: %w: %s", fs.ErrNotExist, indexPage)
	}
	return s, nil
}

func newPage(name string, data []byte) *page {
	sum := sha256.Sum256(data)
	tag := hex.EncodeToString(sum[:12])
	p := &page{media: mediaTypes[path.Ext(name)], plain: body{data, `"` + tag + `"`}}
	if p.media == "" {
		p.media = "application/octet-stream"
	}
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err != nil {
		panic("BUG: the gzip level is wrong: " + err.Error())
	}
	_, _ = w.Write(data) // a bytes.Buffer takes everything
	_ = w.Close()
	if z.Len() < len(data)*9/10 {
		p.gzip = body{z.Bytes(), `"` + tag + `-gzip"`}
	}
	return p
}

// find returns the file of a path. Paths that no file has, and that do not look
// like one, are pages that the script shows: /host/web1.example.com, /alerts.
func (s *site) find(urlPath string) *page {
	name := strings.TrimPrefix(urlPath, "/")
	if p := s.files[name]; p != nil {
		return p
	}
	dir, _, below := strings.Cut(name, "/")
	if s.dirs[dir] || !below && path.Ext(name) != "" {
		return nil
	}
	return s.files[indexPage]
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := s.find(r.URL.Path)
	if p == nil {
		notFound(w, r)
		return
	}
	out, h := p.plain, w.Header()
	h.Set("Vary", "Accept-Encoding")
	if p.gzip.data != nil && acceptsGzip(r) {
		out = p.gzip
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", p.media)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", out.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(out.data))
}
