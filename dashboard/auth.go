package dashboard

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"

	"plimsoll/internal/sender"
)

// Role says what the holder of a token or certificate may do.
type Role string

// The roles. Viewer, Operator and Admin each include those before; an Agent may
// send samples, events and results of checks and nothing else, and an Admin may do
// that too. A route asks for Anyone that needs no token, for Linked where what
// follows the path is the secret, and for Reporter that an Agent may use and an
// Operator.
const (
	Anyone   Role = ""
	Linked   Role = "whoever has the link"
	Reporter Role = "agent or operator"
	Viewer   Role = "viewer"
	Operator Role = "operator"
	Admin    Role = "admin"
	Agent    Role = "agent"
)

// may reports whether r is enough for a route that asks for least.
func (r Role) may(least Role) bool {
	rank := map[Role]int{Viewer: 1, Operator: 2, Admin: 3}
	switch {
	case least == Anyone || least == Linked || r == Admin:
		return true
	case least == Reporter:
		return r == Agent || rank[r] >= rank[Operator]
	case least == Agent || r == Agent:
		return least == r
	}
	return rank[least] > 0 && rank[r] >= rank[least]
}

// Auth is the section auth of the configuration file. Without tokens and
// certificates everybody who reaches the service may use it: see CheckListen.
type Auth struct {
	Tokens []Token `yaml:"tokens"`
	// Certificates let in who shows one of theirs, signed as listen.tls asks; the
	// first that matches counts.
	Certificates []Certificate `yaml:"certificates"`
}

// Token lets in whoever knows a secret. Only its hash is configured.
type Token struct {
	Name string `yaml:"name"`
	// SHA256 is the hash of the secret in hexadecimal:
	// printf %s SECRET | sha256sum
	SHA256 string `yaml:"sha256"`
	Role   Role   `yaml:"role"`
	// Write is what he may write of samples, events and results of checks.
	Write sender.Write `yaml:"write"`
}

// Certificate lets in whoever has a certificate by its name: the common name of
// its subject, or else the first of its DNS names.
type Certificate struct {
	Match string       `yaml:"match"` // a pattern as path.Match has it: *.farm.example
	Role  Role         `yaml:"role"`
	Write sender.Write `yaml:"write"`
}

// Configured reports whether access is controlled.
func (a Auth) Configured() bool { return len(a.Tokens)+len(a.Certificates) > 0 }

// Validate reports all that is wrong with the tokens and certificates.
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
	for i, c := range a.Certificates {
		errs = append(errs, c.validate(fmt.Sprintf("auth.certificates[%d]", i)))
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
	return errors.Join(append(errs, t.Role.validate(key), t.Write.Validate(key+".write"))...)
}

func (c Certificate) validate(key string) error {
	var err error
	if _, bad := path.Match(c.Match, ""); bad != nil || c.Match == "" {
		err = fmt.Errorf("%s.match: %q is not a pattern such as %q", key, c.Match, "*.farm.example")
	}
	return errors.Join(err, c.Role.validate(key), c.Write.Validate(key+".write"))
}

func (r Role) validate(key string) error {
	switch r {
	case Viewer, Operator, Admin, Agent:
		return nil
	}
	return fmt.Errorf("%s.role: %q is none of viewer, operator, admin, agent", key, r)
}

// holder is who was let in.
type holder struct {
	name  string
	role  Role
	write sender.Write
}

// keyring holds the tokens ready for comparison, and the certificates.
type keyring struct {
	keys         []key
	certificates []Certificate
}

type key struct {
	sum [sha256.Size]byte
	holder
}

func newKeyring(auth Auth) *keyring {
	ring := &keyring{certificates: auth.Certificates}
	for _, t := range auth.Tokens {
		sum, err := hex.DecodeString(t.SHA256)
		if err != nil || len(sum) != sha256.Size {
			panic("BUG: token " + t.Name + " was not validated")
		}
		ring.keys = append(ring.keys, key{[sha256.Size]byte(sum), holder{t.Name, t.Role, t.Write.For(t.Name)}})
	}
	return ring
}

// open reports whether nobody is asked who he is.
func (k *keyring) open() bool { return len(k.keys)+len(k.certificates) == 0 }

// holderOf returns the holder of secret. It takes the same time for every secret
// of one length.
func (k *keyring) holderOf(secret string) (holder, bool) {
	sum := sha256.Sum256([]byte(secret))
	found, at := 0, holder{}
	for _, key := range k.keys {
		if subtle.ConstantTimeCompare(sum[:], key.sum[:]) == 1 {
			found, at = 1, key.holder
		}
	}
	return at, found == 1
}

// shownBy returns who shows a certificate with r, if that is one who is let in.
// The listener has made sure that it is signed.
func (k *keyring) shownBy(r *http.Request) (holder, bool) {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		return holder{}, false
	}
	shown := r.TLS.VerifiedChains[0][0]
	name := shown.Subject.CommonName
	if name == "" && len(shown.DNSNames) > 0 {
		name = shown.DNSNames[0]
	}
	for _, c := range k.certificates {
		if is, _ := path.Match(c.Match, name); is && name != "" {
			return holder{name, c.Role, c.Write.For(name)}, true
		}
	}
	return holder{}, false
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
