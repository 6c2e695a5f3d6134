package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "plimsoll"

// file is one parsed Go file of the repository.
type file struct {
	path    string // from the repository's root, with slashes
	pkg     string // import path below the module, "" for none: "internal/metric"
	test    bool
	imports []string
	ast     *ast.File
	fset    *token.FileSet
}

// load parses every Go file of the repository.
func load(t *testing.T) []file {
	t.Helper()
	root := filepath.Join("..", "..")
	fset := token.NewFileSet()
	var files []file
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		files = append(files, describe(filepath.ToSlash(rel), parsed, fset))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d Go files found below %s", len(files), root)
	}
	return files
}

func describe(rel string, parsed *ast.File, fset *token.FileSet) file {
	f := file{path: rel, pkg: filepath.ToSlash(filepath.Dir(rel)), test: strings.HasSuffix(rel, "_test.go"), ast: parsed, fset: fset}
	for _, spec := range parsed.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			panic("BUG: the parser accepted the import " + spec.Path.Value)
		}
		f.imports = append(f.imports, path)
	}
	return f
}

// within reports whether import path p is dir or lies below it.
func within(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

// ours returns the path below the module, and whether p is of the module.
func ours(p string) (string, bool) { return strings.CutPrefix(p, module+"/") }
