package metric

// Misasked marks an error as one that whoever asked can mend: errors.Is finds
// ErrBadQuery in it, and the text stays as it is.
func Misasked(err error) error { return misasked{err} }

type misasked struct{ error }

func (m misasked) Unwrap() error { return m.error }

func (misasked) Is(target error) bool { return target == ErrBadQuery }
