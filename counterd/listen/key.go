package listen

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// Key is what a sender and a listener share to sign datagrams.
type Key struct {
	// ID names the key in the signature line: 1 to 64 of [0-9a-zA-Z_.-].
	ID string `yaml:"id"`
	// Secret is the shared secret, at least 16 bytes.
	Secret string `yaml:"secret"`
	// SecretFile holds the secret instead; space at its ends is dropped.
	SecretFile string `yaml:"secret_file"`
}

const (
	maxKeyID   = 64
	leastBytes = 16 // of a secret: less can be guessed
)

// String shows the name and never the secret.
func (k Key) String() string { return "key " + k.ID }

// GoString is String, so that %#v shows no secret either.
func (k Key) GoString() string { return k.String() }

// Load returns k with the secret that SecretFile holds.
func (k Key) Load() (Key, error) {
	if k.SecretFile == "" {
		return k, k.checkSecret()
	}
	text, err := os.ReadFile(k.SecretFile)
	if err != nil {
		return k, fmt.Errorf("read the secret of key %q: %w", k.ID, err)
	}
	k.Secret, k.SecretFile = string(bytes.TrimSpace(text)), ""
	return k, k.checkSecret()
}

func (k Key) checkSecret() error {
	if n := len(k.Secret); n < leastBytes {
		return fmt.Errorf("key %q has %d bytes, want at least %d", k.ID, n, leastBytes)
	}
	return nil
}

func (k Key) validate() error {
	if !isKeyID([]byte(k.ID)) {
		return fmt.Errorf("id: %q is not 1 to %d of [0-9a-zA-Z_.-]", k.ID, maxKeyID)
	}
	switch {
	case k.Secret == "" && k.SecretFile == "":
		return errors.New("secret: give secret or secret_file")
	case k.Secret != "" && k.SecretFile != "":
		return errors.New("secret_file: give secret or secret_file, not both")
	case k.Secret != "":
		if err := k.checkSecret(); err != nil {
			return fmt.Errorf("secret: %w", err)
		}
	}
	return nil
}

func isKeyID(id []byte) bool {
	for _, c := range id {
		if !isAlnum(c) && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return len(id) >= 1 && len(id) <= maxKeyID
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
