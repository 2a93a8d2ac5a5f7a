package smtpd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
)

// The header of the PROXY protocol, version 2 (haproxy.org, proxy-protocol.txt,
// section 2.2). Version 1 is text that looks like a command; it is not read.
const (
	proxySignature = "\r\n\r\n\x00\r\nQUIT\n"
	proxyHead      = 16 // signature, version and command, family, length
	// proxyAtMostBytes bounds what follows: addresses take 36 octets, and proxies
	// add what they know of TLS, certificate names included.
	proxyAtMostBytes = 4 << 10
)

var errNoProxyHeader = errors.New("no PROXY header, version 2")

// readProxyHeader returns the address that a connection is from. It is not valid
// when the proxy speaks for itself: it looks whether we live.
func readProxyHeader(r io.Reader) (netip.Addr, error) {
	var head [proxyHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return netip.Addr{}, fmt.Errorf("%w: %w", errNoProxyHeader, err)
	}
	length := int(binary.BigEndian.Uint16(head[14:]))
	switch {
	case string(head[:12]) != proxySignature:
		return netip.Addr{}, errNoProxyHeader
	case head[12]>>4 != 2, length > proxyAtMostBytes:
		return netip.Addr{}, fmt.Errorf("%w: version and command %#x, %d octets", errNoProxyHeader, head[12], length)
	}
	rest := make([]byte, length)
	if _, err := io.ReadFull(r, rest); err != nil {
		return netip.Addr{}, fmt.Errorf("%w: %w", errNoProxyHeader, err)
	}
	const local, proxy = 0, 1
	const tcp4, tcp6 = 0x11, 0x21
	switch command, family := head[12]&0xf, head[13]; {
	case command == local:
		return netip.Addr{}, nil // whatever follows is to be skipped
	case command == proxy && family == tcp4 && length >= 2*4+2*2:
		return netip.AddrFrom4([4]byte(rest)), nil
	case command == proxy && family == tcp6 && length >= 2*16+2*2:
		return netip.AddrFrom16([16]byte(rest)).Unmap(), nil
	}
	// Of another family we would not know whom to count it to.
	return netip.Addr{}, fmt.Errorf("%w: command %#x, family %#x, %d octets", errNoProxyHeader, head[12]&0xf, head[13], length)
}
