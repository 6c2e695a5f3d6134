// Package link makes the links by which the reader of a message acknowledges.
//
//	TOKEN = base64url(claim as JSON) "." base64url(first 16 bytes of HMAC-SHA256)
//
// Who has the link may do what it says and nothing else: acknowledge one episode
// of one alert, in the name of the contact that it was sent to.
package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
)

// Claim is what the holder of a link may acknowledge, and as whom.
type Claim struct {
	Alert   string `json:"a"`
	Episode int64  `json:"e"`
	Contact string `json:"c"`
}

// ErrBad says that a token was not made here, or is not whole.
var ErrBad = errors.New("the link is not whole, or was not made here")

const (
	macBytes      = 16
	maxTokenBytes = 4096
)

// Sign returns the token of a claim.
func Sign(key []byte, c Claim) string {
	text, _ := json.Marshal(c) // of strings and a number: cannot fail
	return base64.RawURLEncoding.EncodeToString(text) + "." + base64.RawURLEncoding.EncodeToString(sum(key, text))
}

// Open returns the claim of a token that Sign made with the same key.
func Open(key []byte, token string) (Claim, error) {
	if len(token) > maxTokenBytes {
		return Claim{}, ErrBad
	}
	body, mac, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return Claim{}, ErrBad
	}
	given, err := base64.RawURLEncoding.DecodeString(mac)
	if err != nil || !hmac.Equal(given, sum(key, text)) {
		return Claim{}, ErrBad
	}
	var c Claim
	if json.Unmarshal(text, &c) != nil {
		return Claim{}, ErrBad
	}
	return c, nil
}

func sum(key, text []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("plimsoll ack\x00"))
	mac.Write(text)
	return mac.Sum(nil)[:macBytes]
}
