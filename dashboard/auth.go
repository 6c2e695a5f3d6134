package dashboard

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Role says what the holder of a token may do.
type Role string

// The roles. Viewer, Operator and Admin each include those before; an Agent may
// send samples and nothing else, and an Admin may do that too. Anyone is what a
// route asks for that needs no token.
const (
	Anyone   Role = ""
	Viewer   Role = "viewer"
	Operator Role = "operator"
	Admin    Role = "admin"
	Agent    Role = "agent"
)

// may reports whether r is enough for a route that asks for least.
func (r Role) may(least Role) bool {
	rank := map[Role]int{Viewer: 1, Operator: 2, Admin: 3}
	switch {
	case least == Anyone || r == Admin:
		return true
	case least == Agent || r == Agent:
		return least == r
	}
	return rank[least] > 0 && rank[r] >= rank[least]
}

// Auth is the section auth of the configuration file. Without tokens everybody
// who reaches the service may use it: see CheckListen.
type Auth struct {
	Tokens []Token `yaml:"tokens"`
}

// Token lets in whoever knows a secret. Only its hash is configured.
type Token struct {
	Name string `yaml:"name"`
	// SHA256 is the hash of the secret in hexadecimal:
	// printf %s SECRET | sha256sum
	SHA256 string `yaml:"sha256"`
	Role   Role   `yaml:"role"`
}

// Configured reports whether access is controlled by tokens.
func (a Auth) Configured() bool { return len(a.Tokens) > 0 }

// Validate reports all that is wrong with the tokens.
func (a Auth) Validate() error {
	var errs []error
	names, sums := map[string]int{}, map[string]int{}
	for i, t := range a.Tokens {
		key := fmt.Sprintf("auth.tokens[%d]", i)
		errs = append(errs, t.validate(key))
		sum := strings.ToLower(t.SHA256)
		if j, twice := names[t.Name]; twice {
			errs = append(errs, fmt.Errorf("%s.name: %q is the name of tokens[%d] too", key, t.Name, j))
		}
		if j, twice := sums[sum]; twice && sum != "" {
			errs = append(errs, fmt.Errorf("%s.sha256: is that of tokens[%d] too", key, j))
		}
		names[t.Name], sums[sum] = i, i
	}
	return errors.Join(errs...)
}

func (t Token) validate(key string) error {
	var errs []error
	if t.Name == "" {
		errs = append(errs, fmt.Errorf("%s.name: is missing", key))
	}
	sum, err := hex.DecodeString(t.SHA256)
	empty := sha256.Sum256(nil)
	switch {
	case err != nil || len(sum) != sha256.Size:
		// The value is not quoted: it may be the secret itself.
		errs = append(errs, fmt.Errorf("%s.sha256: want 64 hexadecimal digits, as `printf %%s SECRET | sha256sum` prints them", key))
	case [sha256.Size]byte(sum) == empty:
		errs = append(errs, fmt.Errorf("%s.sha256: is the hash of an empty secret", key))
	}
	switch t.Role {
	case Viewer, Operator, Admin, Agent:
	default:
		errs = append(errs, fmt.Errorf("%s.role: %q is none of viewer, operator, admin, agent", key, t.Role))
	}
	return errors.Join(errs...)
}

// keyring holds the tokens ready for comparison.
type keyring []key

type key struct {
	sum  [sha256.Size]byte
	role Role
}

func newKeyring(tokens []Token) keyring {
	ring := make(keyring, 0, len(tokens))
	for _, t := range tokens {
		sum, err := hex.DecodeString(t.SHA256)
		if err != nil || len(sum) != sha256.Size {
			panic("BUG: token " + t.Name + " was not validated")
		}
		ring = append(ring, key{[sha256.Size]byte(sum), t.Role})
	}
	return ring
}

// role returns the role of the holder of secret. It takes the same time for
// every secret of one length.
func (k keyring) role(secret string) (Role, bool) {
	sum := sha256.Sum256([]byte(secret))
	found, role := 0, Anyone
	for _, key := range k {
		if subtle.ConstantTimeCompare(sum[:], key.sum[:]) == 1 {
			found, role = 1, key.role
		}
	}
	return role, found == 1
}

// secretOf returns the token that a request presents: after Bearer, or as the
// password of HTTP Basic with any user name, which browsers can do.
func secretOf(r *http.Request) (string, bool) {
	if _, password, ok := r.BasicAuth(); ok {
		return password, password != ""
	}
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	secret = strings.TrimSpace(secret)
	return secret, strings.EqualFold(scheme, "Bearer") && secret != ""
}
