package mongodb

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/agents/batch"
)

// The example of RFC 7677.
func TestScramByItsRFC(t *testing.T) {
	s := newScram("user", "pencil", "rOprNGfwEbeRWgbNEkqO")
	if got := s.begin(); got != "n,,n=user,r=rOprNGfwEbeRWgbNEkqO" {
		t.Error(got)
	}
	const nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
	got, err := s.prove("r="+nonce+",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", &stretched{})
	if err != nil || got != "c=biws,r="+nonce+",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=" {
		t.Errorf("%q, %v", got, err)
	}
	if err := s.verify("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="); err != nil {
		t.Error(err)
	}
	if err := s.verify("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="); err == nil {
		t.Error("another proof is taken")
	}
	for challenge, want := range map[string]string{
		"":                            `scram: "" is no challenge`,
		"r=other,s=W22Z,i=4096":       "scram: the server did not take up our nonce",
		"r=" + nonce + ",s=W22Z,i=1":  "scram: 1 iterations are not between 4096 and 1000000",
		"r=" + nonce + ",s=W22Z,i=9x": `is no challenge`,
	} {
		if _, err := s.prove(challenge, &stretched{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", challenge, err)
		}
	}
}

// The examples of bsonspec.org.
func TestBSONByItsSpecification(t *testing.T) {
	hello := []byte("\x16\x00\x00\x00\x02hello\x00\x06\x00\x00\x00world\x00\x00")
	if got := encode([]pair{{"hello", "world"}}); !bytes.Equal(got, hello) {
		t.Errorf("%q", got)
	}
	awesome := []byte("1\x00\x00\x00\x04BSON\x00&\x00\x00\x00\x020\x00\x08\x00\x00\x00awesome\x00\x011\x00333333\x14@\x102\x00\xc2\x07\x00\x00\x00\x00")
	got, err := parse(awesome)
	if diff := cmp.Diff(document{"BSON": []any{"awesome", 5.05, 1986.0}}, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	for n := range awesome {
		if _, err := parse(awesome[:n]); err == nil {
			t.Errorf("the first %d bytes are taken", n)
		}
	}
}

func TestDocumentsInEachOtherAreBounded(t *testing.T) {
	doc := document{}
	for range maxDepth + 1 {
		doc = document{"a": doc}
	}
	if _, err := parse(bson(doc)); err == nil || !strings.Contains(err.Error(), "more than 100 documents") {
		t.Errorf("got %v", err)
	}
}

func TestMessagesThatAreNone(t *testing.T) {
	good := message(2, 1, encode([]pair{{"ok", 1}}))
	long := bytes.Clone(good)
	binary.LittleEndian.PutUint32(long, 0xffffffff)
	section := bytes.Clone(good)
	section[headerBytes+4] = 1
	for name, text := range map[string][]byte{
		"nothing": nil, "HTTP": []byte("HTTP/1.1 400 Bad Request\r\n\r\n"), "too long": long, "cut off": good[:20], "of another kind": section,
	} {
		if _, _, _, err := readMessage(bytes.NewReader(text)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := (&client{conn: &pipe{in: bytes.NewReader(message(2, 9, encode([]pair{{"ok", 1}})))}}).run("admin", pair{"ping", 1}); err == nil {
		t.Error("the answer to another command is taken")
	}
}

// pipe answers whatever is written.
type pipe struct{ in *bytes.Reader }

func (p *pipe) Read(b []byte) (int, error)  { return p.in.Read(b) }
func (p *pipe) Write(b []byte) (int, error) { return len(b), nil }

func FuzzMessage(f *testing.F) {
	f.Add(message(1, 0, bson(exampleStatus())))
	f.Add(message(1, 0, bson(exampleSet())))
	f.Add(message(1, 0, []byte("\x12\x00\x00\x00\x0fa\x00\x03\x00\x00\x00\x0bb\x00\x00\x00\x00\x00")))
	f.Fuzz(func(_ *testing.T, text []byte) {
		_, _, body, err := readMessage(bytes.NewReader(text))
		if err != nil {
			body = text
		}
		doc, err := parse(body)
		if err != nil {
			return
		}
		_ = refused(doc)
		_ = tellStatus(new(batch.Names).Batch(time.Unix(1, 0)), doc)
		_ = tellSet(new(batch.Names).Batch(time.Unix(1, 0)), doc)
	})
}
