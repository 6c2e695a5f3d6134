package notify

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/secret"
)

func validSecret(file, key string, bad complaint) {
	if file == "" {
		bad(key, "is missing")
	} else if _, err := secret.Read(file); err != nil {
		bad(key, "%v", err)
	}
}

var errAddress = errors.New("no http or https address")

// parseURL never quotes the address: it may hold a secret.
func parseURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, errAddress
	}
	return u, nil
}

// location returns an address that is given, or stands in a file since it is
// itself a secret.
func location(address, file string) (string, error) {
	if file == "" {
		return address, nil
	}
	return secret.Read(file)
}

func validLocation(address, file string, bad complaint, key string) {
	switch {
	case address != "" && file != "":
		bad(key+"url_file", "stands beside url: one is enough")
	case file != "":
		address, err := secret.Read(file)
		if err == nil {
			_, err = parseURL(address)
		}
		if err != nil {
			bad(key+"url_file", "%v", err)
		}
	default:
		if _, err := parseURL(address); err != nil {
			bad(key+"url", "%q is no http or https address", address)
		}
	}
}

// hide takes secrets, and what is secret of an address, out of what the other
// side said: errors go into the log and the history.
func hide(text, address string, secrets []string) string {
	secrets = slices.Clone(secrets)
	if u, err := url.Parse(address); err == nil {
		secrets = append(secrets, address, u.RequestURI(), u.EscapedPath(), u.RawQuery)
		secrets = append(secrets, strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })...)
		for _, values := range u.Query() {
			secrets = append(secrets, values...)
		}
		if password, has := u.User.Password(); has {
			secrets = append(secrets, password)
		}
	}
	for _, s := range slices.Clone(secrets) { // as they stand in forms, paths and JSON
		quoted := strconv.Quote(s)
		secrets = append(secrets, url.QueryEscape(s), url.PathEscape(s), quoted[1:len(quoted)-1])
	}
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, s := range secrets {
		if len(s) >= leastSecret {
			text = strings.ReplaceAll(text, s, "***")
		}
	}
	return text
}

// leastSecret is the length, in bytes, below which a word is not hidden: it
// would tear holes into what is said of other things.
const leastSecret = 6
