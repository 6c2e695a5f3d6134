// Commands that send a line to the counter daemon, for a person to copy.

/**
 * The shell command that sends a line. A daemon that listens on all addresses is
 * reached where the page came from.
 * @param {string} line
 * @param {string} address host:port, as the daemon listens
 * @param {string} here the host name of the page
 */
export function sendCommand(line, address, here) {
  const colon = address.lastIndexOf(":");
  const host = bare(address.slice(0, colon));
  const anywhere = ["", "0.0.0.0", "::"].includes(host);
  // -q0, not -w0: that gives up on a pipe that is not filled yet.
  return `printf '${line}\\n' | nc -u -q0 ${anywhere ? bare(here) : host} ${address.slice(colon + 1)}`;
}

/** Without the brackets of an IPv6 address, which nc does not know. @param {string} host */
function bare(host) {
  return host.replace(/^\[|\]$/g, "");
}
