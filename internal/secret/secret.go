// Package secret reads passwords and tokens from files. A file is read anew at
// each use, so that it can be changed while the service runs, and no secret
// stands in a configuration.
package secret

import (
	"fmt"
	"os"
	"strings"
)

// Read returns what a file holds, without the end of its last line. An empty
// file is an error, which never quotes it.
func Read(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	s := strings.TrimRight(string(b), "\r\n")
	if s == "" {
		return "", fmt.Errorf("read secret: %s is empty", file)
	}
	return s, nil
}
