package mongodb

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// bson makes a document, for the server of the tests.
func bson(doc document) []byte {
	out := make([]byte, 4)
	for _, key := range slices.Sorted(maps.Keys(doc)) {
		kind, value := element(doc[key])
		out = append(append(append(append(out, kind), key...), 0), value...)
	}
	out = append(out, 0)
	binary.LittleEndian.PutUint32(out, uint32(len(out)))
	return out
}

func element(value any) (kind byte, data []byte) {
	switch v := value.(type) {
	case float64:
		return kindDouble, binary.LittleEndian.AppendUint64(nil, math.Float64bits(v))
	case int:
		return kindInt64, binary.LittleEndian.AppendUint64(nil, uint64(v))
	case int32:
		return kindInt32, binary.LittleEndian.AppendUint32(nil, uint32(v))
	case date:
		return kindDate, binary.LittleEndian.AppendUint64(nil, uint64(v))
	case string:
		return kindString, append(append(binary.LittleEndian.AppendUint32(nil, uint32(len(v)+1)), v...), 0)
	case []byte:
		return kindBinary, append(append(binary.LittleEndian.AppendUint32(nil, uint32(len(v))), 0), v...)
	case bool:
		if v {
			return kindBool, []byte{1}
		}
		return kindBool, []byte{0}
	case document:
		return kindDocument, bson(v)
	case []any:
		doc := document{}
		for i, each := range v {
			doc[strconv.Itoa(i)] = each
		}
		return kindArray, bson(doc)
	}
	return kindNull, nil
}

// server answers as MongoDB does, to who has authenticated as plimsoll with the
// password s3cret where locked.
type server struct {
	address string
	locked  bool
	hello   document
	status  document
	set     document // of no replica set: nil
	tls     *tls.Config
}

// start has the server answer until the test ends.
func (s *server) start(t *testing.T) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().String()
	if s.tls != nil {
		l = tls.NewListener(l, s.tls)
	}
	ended := make(chan struct{})
	go func() { // ends when the listener is closed
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(conn) // ends when the client closes
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-ended })
	return s
}

func (s *server) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	session := &session{server: s}
	for {
		id, _, body, err := readMessage(conn)
		if err != nil {
			return
		}
		doc, err := parse(body)
		if err != nil {
			return
		}
		answer := session.answer(doc)
		if answer["ok"] == nil {
			answer["ok"] = 1.0
		}
		if _, err := conn.Write(message(1000+id, id, bson(answer))); err != nil {
			return
		}
	}
}

// session is a connection.
type session struct {
	*server
	bare, challenge string
	known           bool
}

func (s *session) answer(doc document) document {
	has := func(key string) bool { _, is := doc[key]; return is }
	switch {
	case has("hello") || has("ismaster") || has("isMaster"):
		out := document{"isWritablePrimary": true, "ismaster": true, "helloOk": true, "maxWireVersion": int32(21), "minWireVersion": int32(0)}
		maps.Copy(out, s.hello)
		return out
	case has("saslStart"):
		return s.begin(doc)
	case has("saslContinue"):
		return s.judge(doc)
	case s.locked && !s.known:
		return document{"ok": 0.0, "errmsg": "Command requires authentication", "code": int32(13)}
	case has("serverStatus"):
		return maps.Clone(s.status)
	case has("replSetGetStatus") && s.set != nil:
		return maps.Clone(s.set)
	}
	return document{"ok": 0.0, "errmsg": "no such command", "code": int32(59)}
}

var (
	salt       = []byte("a salt of 16 byt")
	iterations = minIterations
)

func (s *session) begin(doc document) document {
	s.bare = strings.TrimPrefix(payload(doc), "n,,")
	s.challenge = "r=" + attributes(s.bare)['r'] + "more,s=" + base64.StdEncoding.EncodeToString(salt) + ",i=" + strconv.Itoa(iterations)
	return document{"conversationId": int32(7), "done": false, "payload": []byte(s.challenge)}
}

func (s *session) judge(doc document) document {
	last := payload(doc)
	bare, _, _ := strings.Cut(last, ",p=")
	all := s.bare + "," + s.challenge + "," + bare
	key, _ := pbkdf2.Key(sha256.New, "s3cret", salt, iterations, sha256.Size)
	stored := sha256.Sum256(mac(key, "Client Key"))
	proof, _ := base64.StdEncoding.DecodeString(attributes(last)['p'])
	if len(proof) != sha256.Size || doc["conversationId"] != 7.0 {
		return document{"ok": 0.0, "errmsg": "no proof", "code": int32(9)}
	}
	found := make([]byte, sha256.Size)
	subtle.XORBytes(found, proof, mac(stored[:], all))
	if again := sha256.Sum256(found); !hmac.Equal(again[:], stored[:]) || attributes(s.bare)['n'] != "plimsoll" {
		return document{"ok": 0.0, "errmsg": "Authentication failed.", "code": int32(18)}
	}
	s.known = true
	v := base64.StdEncoding.EncodeToString(mac(mac(key, "Server Key"), all))
	return document{"conversationId": int32(7), "done": true, "payload": []byte("v=" + v)}
}
