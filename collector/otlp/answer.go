package otlp

import (
	"encoding/json"
	"net/http"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"plimsoll/collector/inbound"
)

// encoding is a content type of OTLP/HTTP; an answer has that of its request.
type encoding string

const (
	protobufEncoding encoding = "application/x-protobuf"
	jsonEncoding     encoding = "application/json"
)

// accept answers 200 with
//
//	ExportMetricsServiceResponse { ExportMetricsPartialSuccess partial_success = 1 }
//	ExportMetricsPartialSuccess  { int64 rejected_data_points = 1; string error_message = 2 }
//
// A point may become several samples: of rejected ones it tells as many as samples
// were refused, but no more than there were points.
func (e encoding) accept(w http.ResponseWriter, b *batch) {
	rejected, text := 0, ""
	if b.refused != nil {
		rejected, text = min(b.refused.Count(), b.points), b.refused.Error()
	}
	var body []byte
	switch {
	case e == jsonEncoding && rejected == 0:
		body = []byte("{}")
	case e == jsonEncoding:
		body = marshal(map[string]any{"partialSuccess": map[string]string{
			"rejectedDataPoints": strconv.Itoa(rejected), "errorMessage": text,
		}})
	case rejected > 0:
		var partial []byte
		partial = protowire.AppendTag(partial, 1, protowire.VarintType)
		partial = protowire.AppendVarint(partial, uint64(rejected))
		partial = protowire.AppendTag(partial, 2, protowire.BytesType)
		partial = protowire.AppendString(partial, text)
		body = protowire.AppendTag(nil, 1, protowire.BytesType)
		body = protowire.AppendBytes(body, partial)
	}
	e.write(w, http.StatusOK, body)
}

// The codes of google.rpc.Code that are answered.
const (
	codeInvalidArgument = 3
	codeUnavailable     = 14
)

// fail answers with google.rpc.Status { int32 code = 1; string message = 2 }.
func (e encoding) fail(w http.ResponseWriter, answer *inbound.Error) {
	code := codeInvalidArgument
	if answer.Status >= 500 || answer.Status == http.StatusTooManyRequests {
		code = codeUnavailable
	}
	answer.RetryAfter(w.Header())
	if e == jsonEncoding {
		e.write(w, answer.Status, marshal(map[string]any{"code": code, "message": answer.Text}))
		return
	}
	body := protowire.AppendTag(nil, 1, protowire.VarintType)
	body = protowire.AppendVarint(body, uint64(code))
	body = protowire.AppendTag(body, 2, protowire.BytesType)
	e.write(w, answer.Status, protowire.AppendString(body, answer.Text))
}

func (e encoding) write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", string(e))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}

func marshal(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic("BUG: strings cannot be encoded: " + err.Error())
	}
	return body
}
