package mongodb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	// maxMessage bounds an answer: serverStatus has some 60 kB, with many shards
	// or commands some hundreds.
	maxMessage = 8 << 20
	// headerBytes are those of a message before its flags.
	headerBytes = 16
	opMsg       = 2013
	// flagChecksum says that four bytes of CRC-32C end the message; TLS and TCP
	// look after that.
	flagChecksum = 1
)

// client has a server carry out commands, one after the other.
type client struct {
	conn io.ReadWriter
	id   uint32 // of the last message
}

// run has a command carried out on a database.
func (c *client) run(db string, command ...pair) (document, error) {
	c.id++
	if _, err := c.conn.Write(message(c.id, 0, encode(append(command, pair{"$db", db})))); err != nil {
		return nil, err
	}
	id, answers, body, err := readMessage(c.conn)
	if err != nil {
		return nil, err
	}
	if answers != c.id {
		return nil, fmt.Errorf("message %d answers %d, not %d", id, answers, c.id)
	}
	doc, err := parse(body)
	if err != nil {
		return nil, err
	}
	return doc, refused(doc)
}

// errRefused says that the server answered with an error.
var errRefused = errors.New("the server refused")

func refused(doc document) error {
	if ok := doc["ok"]; ok == 1.0 || ok == true {
		return nil
	}
	text, _ := doc["errmsg"].(string)
	return fmt.Errorf("%w: %.200q (code %v)", errRefused, text, doc["code"])
}

// message makes a message of one document.
func message(id, answers uint32, body []byte) []byte {
	out := make([]byte, 0, headerBytes+5+len(body))
	out = binary.LittleEndian.AppendUint32(out, uint32(cap(out))) //nolint:gosec // short
	out = binary.LittleEndian.AppendUint32(out, id)
	out = binary.LittleEndian.AppendUint32(out, answers)
	out = binary.LittleEndian.AppendUint32(out, opMsg)
	out = append(out, 0, 0, 0, 0) // flags
	return append(append(out, 0), body...)
}

// readMessage reads a message of one document.
func readMessage(r io.Reader) (id, answers uint32, body []byte, err error) {
	header := make([]byte, headerBytes)
	if _, err = io.ReadFull(r, header); err != nil {
		return 0, 0, nil, err
	}
	n, op := binary.LittleEndian.Uint32(header), binary.LittleEndian.Uint32(header[12:])
	if op != opMsg || n < headerBytes+5 || n > maxMessage {
		return 0, 0, nil, fmt.Errorf("%q is no header of an OP_MSG of at most %d bytes", header, maxMessage)
	}
	body = make([]byte, n-headerBytes)
	if _, err = io.ReadFull(r, body); err != nil {
		return 0, 0, nil, err
	}
	if flags := binary.LittleEndian.Uint32(body); flags&flagChecksum != 0 {
		body = body[:max(5, len(body)-4)]
	}
	if body[4] != 0 {
		return 0, 0, nil, fmt.Errorf("a section of kind %d is no answer to a command", body[4])
	}
	return binary.LittleEndian.Uint32(header[4:]), binary.LittleEndian.Uint32(header[8:]), body[5:], nil
}

// pair is an element of a document to send: the order of a command's matters.
type pair struct {
	key   string
	value any // string, int, bool, []byte or []pair
}

// encode makes a document.
func encode(pairs []pair) []byte {
	out := make([]byte, 4)
	for _, p := range pairs {
		var kind byte
		var value []byte
		switch v := p.value.(type) {
		case string:
			kind, value = kindString, binary.LittleEndian.AppendUint32(nil, uint32(len(v)+1)) //nolint:gosec // short
			value = append(append(value, v...), 0)
		case int:
			kind, value = kindInt32, binary.LittleEndian.AppendUint32(nil, uint32(v)) //nolint:gosec // small
		case bool:
			kind, value = kindBool, []byte{0}
			if v {
				value[0] = 1
			}
		case []byte:
			kind, value = kindBinary, binary.LittleEndian.AppendUint32(nil, uint32(len(v))) //nolint:gosec // short
			value = append(append(value, 0), v...)
		case []pair:
			kind, value = kindDocument, encode(v)
		}
		out = append(append(append(append(out, kind), p.key...), 0), value...)
	}
	out = append(out, 0)
	binary.LittleEndian.PutUint32(out, uint32(len(out))) //nolint:gosec // short
	return out
}
