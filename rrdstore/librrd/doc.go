// Package librrd calls librrd through cgo for what only librrd can say: what an
// empty file of a schema looks like (Template), and whether it can read a file
// (Verify). Create, Update and Fetch are the oracle that the native code of
// rrdfile is tested against; nothing in the product stores through them.
//
//	Schema ─► Template ─► bytes ─► rrdfile.Create ─► archive ─► rrdfile.Open …
//
// Rules, each because of a defect of librrd 1.7.2 or its binding:
//
//   - The binding's objects are kept alive until their call has returned, or
//     their C strings may be freed during it.
//   - A file that was made is measured and read back: creation reports success
//     on a full disk.
//   - A file is opened natively first: about one damaged header in a hundred
//     crashes librrd, and with it the process.
//   - The caller keeps other threads away from the file: librrd does not.
//
// To build it takes librrd-dev. The binding's C has an incompatible pointer
// type, a warning for gcc 12 and an error for gcc 14 and later, which need
// CGO_CFLAGS="-O2 -g -Wno-incompatible-pointer-types".
package librrd
