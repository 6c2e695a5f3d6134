package phpfpm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The types of records of the FastCGI specification, section 8.
const (
	typeBegin  = 1
	typeEnd    = 3
	typeParams = 4
	typeStdin  = 5
	typeStdout = 6
	typeStderr = 7

	roleResponder = 1
	headerBytes   = 8
	requestID     = 1
)

// record appends one record; content is less than 64 KiB.
func record(dst []byte, kind byte, content []byte) []byte {
	dst = append(dst, 1, kind, 0, requestID)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(content)))
	dst = append(dst, 0, 0)
	return append(dst, content...)
}

// request is a whole GET request with the given parameters.
func request(params [][2]string) []byte {
	var pairs []byte
	for _, p := range params {
		pairs = binary.BigEndian.AppendUint32(pairs, uint32(len(p[0]))|1<<31)
		pairs = binary.BigEndian.AppendUint32(pairs, uint32(len(p[1]))|1<<31)
		pairs = append(append(pairs, p[0]...), p[1]...)
	}
	out := record(nil, typeBegin, []byte{0, roleResponder, 0, 0, 0, 0, 0, 0})
	out = record(out, typeParams, pairs)
	out = record(out, typeParams, nil)
	return record(out, typeStdin, nil)
}

// errProtocol says that what answered does not speak FastCGI.
var errProtocol = errors.New("not FastCGI")

// answer reads records up to END_REQUEST and returns what came on STDOUT, at
// most maxPage bytes of all streams.
func answer(r io.Reader) (stdout []byte, err error) {
	var header [headerBytes]byte
	var stderr []byte
	for total := 0; ; {
		if _, err := io.ReadFull(r, header[:]); err != nil {
			return nil, err
		}
		if header[0] != 1 {
			return nil, fmt.Errorf("%w: it begins with %q", errProtocol, header)
		}
		length := int(binary.BigEndian.Uint16(header[4:]))
		content := make([]byte, length+int(header[6]))
		if total += len(content); total > maxPage {
			return nil, fmt.Errorf("the answer is longer than %d bytes", maxPage)
		}
		if _, err := io.ReadFull(r, content); err != nil {
			return nil, err
		}
		switch header[1] {
		case typeStdout:
			stdout = append(stdout, content[:length]...)
		case typeStderr:
			stderr = append(stderr, content[:length]...)
		case typeEnd:
			return page(stdout, stderr)
		}
	}
}

// page takes the CGI headers off an answer.
func page(stdout, stderr []byte) ([]byte, error) {
	headers, body, found := bytes.Cut(stdout, []byte("\r\n\r\n"))
	switch {
	case !found:
		return nil, fmt.Errorf("no page: %.100q %.100q", stdout, stderr)
	case bytes.HasPrefix(headers, []byte("Status: ")) && !bytes.HasPrefix(headers, []byte("Status: 200")):
		return nil, fmt.Errorf("%.60q %.100q", headers, stderr)
	}
	return body, nil
}
