package listen

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

const (
	signaturePrefix = "_sig|"
	signatureV1     = "1"
	maxNonce        = 32
	leastMACDigits  = 32 // of hex: 128 bits
	maxSignature    = 256
)

// Sign returns payload behind a signature line. The nonce, 1 to 32 of
// [0-9a-zA-Z], must differ between datagrams of one millisecond. Key must hold its
// secret, see Key.Load.
func Sign(key Key, now time.Time, nonce string, payload []byte) []byte {
	header := signatureV1 + "|" + key.ID + "|" + strconv.FormatInt(now.UnixMilli(), 10) + "|" + nonce
	mac := hmac.New(sha256.New, []byte(key.Secret))
	mac.Write([]byte(header))
	mac.Write([]byte{'\n'})
	mac.Write(payload)
	out := make([]byte, 0, len(signaturePrefix)+len(header)+1+2*sha256.Size+1+len(payload))
	out = append(out, signaturePrefix...)
	out = append(out, header...)
	out = append(out, '|')
	out = hex.AppendEncode(out, mac.Sum(nil))
	out = append(out, '\n')
	return append(out, payload...)
}

// signature is a signature line taken apart; its slices point into the datagram.
type signature struct {
	header  []byte // what the MAC covers of the line: 1|key|ms|nonce
	key     []byte
	at      time.Time
	mac     [sha256.Size]byte
	macSize int // bytes given of mac
	payload []byte
}

// parseSignature reads the line that a datagram begins with; ok is whether it has
// the form of one.
func parseSignature(data []byte) (s signature, ok bool) {
	text, found := bytes.CutPrefix(data, []byte(signaturePrefix))
	if !found {
		return s, false
	}
	end := bytes.IndexByte(text[:min(len(text), maxSignature)], '\n')
	if end < 0 {
		return s, false
	}
	s.payload, text = text[end+1:], text[:end]
	cut := bytes.LastIndexByte(text, '|')
	if cut < 0 || !s.setMAC(text[cut+1:]) {
		return s, false
	}
	s.header = text[:cut]
	return s, s.setHeader()
}

func (s *signature) setMAC(digits []byte) bool {
	if len(digits) < leastMACDigits || len(digits) > 2*len(s.mac) {
		return false
	}
	n, err := hex.Decode(s.mac[:], digits)
	s.macSize = n
	return err == nil
}

func (s *signature) setHeader() bool {
	version, rest, _ := bytes.Cut(s.header, []byte{'|'})
	key, rest, _ := bytes.Cut(rest, []byte{'|'})
	ms, nonce, _ := bytes.Cut(rest, []byte{'|'})
	at, ok := parseMillis(ms)
	s.key, s.at = key, time.UnixMilli(at)
	return ok && string(version) == signatureV1 && isKeyID(key) && isNonce(nonce)
}

// parseMillis reads 1 to 15 digits: enough for 30,000 years.
func parseMillis(digits []byte) (n int64, ok bool) {
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, len(digits) >= 1 && len(digits) <= 15
}

func isNonce(nonce []byte) bool {
	for _, c := range nonce {
		if !isAlnum(c) {
			return false
		}
	}
	return len(nonce) >= 1 && len(nonce) <= maxNonce
}
