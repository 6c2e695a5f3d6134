package app

import (
	"regexp"
	"slices"

	"plimsoll/internal/config"
)

const withheld = "(withheld)"

// secretKeys are those whose values are secret, may be, or are all that a secret
// is judged by, and of command all but the program. Names of files and of variables
// of the environment are no secrets.
var secretKeys = []string{
	"secret", "token", "dsn", "community", "communities", "sha256", "headers", "fields", "env", "body", "send", "topic", "command",
}

// address splits a URL: scheme, user, host, path, query.
var address = regexp.MustCompile(`^([a-z][a-z0-9+.-]*://)([^/?#\s]*@)?([^/?#\s]*)([^?#\s]*)(\?\S*)?(#\S*)?$`)

// shown is the configuration as YAML, with what is by default and without what is
// secret or may be.
func (c Config) shown() ([]byte, error) { return config.EncodeEdited(c, shownText) }

// shownText is what is shown of the text at a path.
func shownText(path []string, text string) string {
	for i, key := range path {
		program := key == "command" && i == len(path)-2 && path[i+1] == "0"
		if slices.Contains(secretKeys, key) && !program {
			return withheld
		}
	}
	parts := address.FindStringSubmatch(text)
	if parts == nil {
		return text
	}
	user, where, query := parts[2], parts[4], parts[5]
	if user != "" {
		user = withheld + "@"
	}
	if query != "" {
		query = "?" + withheld
	}
	// Of many senders of messages the path is the secret.
	if told := path[0] == "contacts" || path[0] == "heartbeat"; told && len(where) > 1 {
		where = "/" + withheld
	}
	return parts[1] + user + parts[3] + where + query
}
