package web

import (
	"embed"
	"io/fs"
)

//go:embed static
var static embed.FS

// Pages returns the files of the pages, index.html at the root.
func Pages() fs.FS {
	pages, err := fs.Sub(static, "static")
	if err != nil {
		panic("BUG: the embedded folder is missing: " + err.Error())
	}
	return pages
}
