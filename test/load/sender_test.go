package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/destinasia/dollars/bench/load"
)

// sender sends requests over one connection, one after the other. It knows no more of HTTP than what the service answers,
// because it shares the machine with what it measures.
type sender struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
	out     []byte
}

// answer is what matters of a response.
type answer struct {
	status     int
	retryAfter bool
	took       time.Duration
}

func (a answer) accepted() bool { return a.status == 200 || a.status == 202 }
func (a answer) refused() bool  { return a.status == 429 || a.status == 503 }

const answerTimeout = time.Minute

// do sends a request and waits for the answer. wait asks the service to answer when it is committed.
func (s *sender) do(r load.Request, wait bool) (a answer, err error) {
	start := time.Now()
	if s.conn == nil {
		if s.conn, err = net.DialTimeout("tcp", s.address, answerTimeout); err != nil {
			return a, err
		}
		s.in = bufio.NewReaderSize(s.conn, 1<<10)
	}
	s.write(r, wait)
	if err = s.conn.SetDeadline(start.Add(answerTimeout)); err == nil {
		if _, err = s.conn.Write(s.out); err == nil {
			err = s.read(&a)
		}
	}
	if err != nil {
		s.close()
	}
	a.took = time.Since(start)
	return a, err
}

func (s *sender) close() {
	if s.conn != nil {
		_ = s.conn.Close()
		s.conn = nil
	}
}

func (s *sender) write(r load.Request, wait bool) {
	method := "POST "
	if r.Body == nil {
		method = "GET "
	}
	b := append(append(append(s.out[:0], method...), r.Path...), " HTTP/1.1\r\nHost: wallet\r\n"...)
	if r.Token != "" {
		b = append(append(append(b, "Authorization: Bearer "...), r.Token...), "\r\n"...)
	}
	if r.Body != nil {
		b = append(append(append(b, "Content-Type: "...), r.Media...), "\r\nContent-Length: "...)
		b = append(strconv.AppendInt(b, int64(len(r.Body)), 10), "\r\n"...)
	}
	if wait {
		b = append(b, "Prefer: wait=30\r\n"...)
	}
	s.out = append(append(b, "\r\n"...), r.Body...)
}

var errAnswer = errors.New("not an answer of the service")

func (s *sender) read(a *answer) error {
	line, err := s.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if len(line) < 13 {
		return fmt.Errorf("%w: %q", errAnswer, line)
	}
	if a.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return fmt.Errorf("%w: %q", errAnswer, line)
	}
	length, closing := -1, false
	for {
		if line, err = s.in.ReadSlice('\n'); err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch string(name) {
		case "Content-Length":
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return fmt.Errorf("%w: %q", errAnswer, line)
			}
		case "Retry-After":
			a.retryAfter = true
		case "Connection":
			closing = bytes.HasPrefix(value, []byte("close"))
		}
	}
	if length < 0 {
		return fmt.Errorf("%w: no length", errAnswer)
	}
	if _, err = s.in.Discard(length); closing {
		s.close()
	}
	return err
}

// crowd is many senders, each with requests of its own, in turns over the same connections.
type crowd []*sender

func newCrowd(address string, size int) crowd {
	c := make(crowd, size)
	for i := range c {
		c[i] = &sender{address: address}
	}
	return c
}

func (c crowd) close() {
	for _, s := range c {
		s.close()
	}
}

// each runs something for every sender at once, until it returns.
func (c crowd) each(do func(i int, s *sender)) {
	var all sync.WaitGroup
	for i, s := range c {
		all.Go(func() { do(i, s) })
	}
	all.Wait()
}
