package dashboard

import "fmt"

// roundFrames puts together what c asked for: one data frame of all values that
// the round has, and an error frame for each id whose error c was not told yet.
func (c *client) roundFrames(subs []subscription, r *round) [][]byte {
	b := append([]byte(`{"type":"data","t":`), appendTime(nil, r.at)...)
	b = append(b, `,"data":{`...)
	first, told := true, make(map[string]string)
	var frames [][]byte
	for _, s := range subs {
		p := r.parts[s.Expr]
		switch {
		case p == nil: // asked for after the round began
		case p.err != "":
			told[s.ID] = p.err
			if c.told[s.ID] != p.err {
				frames = append(frames, errorFrame(s.ID, p.err))
			}
		default:
			b = append(appendString(comma(b, &first), s.ID), ':')
			b = append(b, p.json...)
		}
	}
	c.told = told
	if first {
		return frames
	}
	return append(frames, append(b, `}}`...))
}

// pastFrame tells the last minutes of one subscription.
func pastFrame(p past) []byte {
	b := appendString([]byte(`{"type":"past","id":`), p.id)
	b = append(b, fmt.Sprintf(`,"step":%d,"series":`, int(pastStep.Seconds()))...)
	return append(append(b, p.json...), '}')
}

// errorFrame says what is wrong with the expression of id; an empty id means
// the message itself.
func errorFrame(id, message string) []byte {
	b := appendString([]byte(`{"type":"error","id":`), id)
	b = appendString(append(b, `,"message":`...), message)
	return append(b, '}')
}
