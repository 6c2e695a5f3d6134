package mongodb

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	// minIterations is RFC 7677's; maxIterations bounds what a server can make
	// the host work: MongoDB has 15000.
	minIterations = 4096
	maxIterations = 1_000_000
)

// scram proves to a server that its user's password is known, by SCRAM-SHA-256
// (RFC 5802), and that the server knows it.
type scram struct {
	user, password string
	first          string // the client's first message, without its header
	nonce          string
	serverProof    []byte
}

// newScram begins; nonce is random.
func newScram(user, password, nonce string) *scram {
	name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(user)
	return &scram{user: user, password: password, nonce: nonce, first: "n=" + name + ",r=" + nonce}
}

// begin is the first message to send.
func (s *scram) begin() string { return "n,," + s.first }

// stretched is a password made costly to guess, kept because it costs as much to
// make.
type stretched struct {
	password, salt string
	iterations     int
	key            []byte
}

// of returns the key, from k if it is of the same.
func (k *stretched) of(password, salt string, iterations int) ([]byte, error) {
	if k.key != nil && k.password == password && k.salt == salt && k.iterations == iterations {
		return k.key, nil
	}
	key, err := pbkdf2.Key(sha256.New, password, []byte(salt), iterations, sha256.Size)
	if err == nil {
		*k = stretched{password, salt, iterations, key}
	}
	return key, err
}

// prove answers the server's first message.
func (s *scram) prove(challenge string, known *stretched) (string, error) {
	a := attributes(challenge)
	salt, err := base64.StdEncoding.DecodeString(a['s'])
	iterations, err2 := strconv.Atoi(a['i'])
	switch {
	case errors.Join(err, err2) != nil || len(salt) == 0:
		return "", fmt.Errorf("scram: %.200q is no challenge", challenge)
	case len(a['r']) <= len(s.nonce) || !strings.HasPrefix(a['r'], s.nonce):
		return "", errors.New("scram: the server did not take up our nonce")
	case iterations < minIterations || iterations > maxIterations:
		return "", fmt.Errorf("scram: %d iterations are not between %d and %d", iterations, minIterations, maxIterations)
	}
	key, err := known.of(s.password, string(salt), iterations)
	if err != nil {
		return "", err
	}
	last := "c=biws,r=" + a['r'] // base64 of "n,,"
	all := s.first + "," + challenge + "," + last
	clientKey := mac(key, "Client Key")
	stored := sha256.Sum256(clientKey)
	proof := make([]byte, len(clientKey))
	subtle.XORBytes(proof, clientKey, mac(stored[:], all))
	s.serverProof = mac(mac(key, "Server Key"), all)
	return last + ",p=" + base64.StdEncoding.EncodeToString(proof), nil
}

// verify judges the server's last message.
func (s *scram) verify(answer string) error {
	got, err := base64.StdEncoding.DecodeString(attributes(answer)['v'])
	if err != nil || s.serverProof == nil || !hmac.Equal(got, s.serverProof) {
		return errors.New("scram: the server does not know the password either")
	}
	return nil
}

// attributes reads "r=…,s=…,i=…".
func attributes(text string) map[byte]string {
	out := map[byte]string{}
	for part := range strings.SplitSeq(text, ",") {
		if len(part) > 1 && part[1] == '=' {
			out[part[0]] = part[2:]
		}
	}
	return out
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
