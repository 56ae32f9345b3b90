package exchange

import "testing"

// TestIdleSockets gives back more sockets than are kept.
func TestIdleSockets(t *testing.T) {
	s := good().start(t)
	var p sockets
	var held []*socket
	for range maxIdle + 5 {
		k, err := p.get(s.addr)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, k)
	}
	for _, k := range held {
		p.put(k)
	}
	if n := len(p.v4); n != maxIdle {
		t.Errorf("%d idle sockets, want %d", n, maxIdle)
	}
	if _, err := p.v4[0].conn.Write([]byte("x")); err == nil {
		t.Error("an idle socket still has a peer")
	}
	p.close()
	k, err := p.get(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	p.put(k)
	if len(p.v4) != 0 {
		t.Error("a closed pool keeps sockets")
	}
}

// TestFloodedSocket leaves more in a socket's queue than is thrown away: another
// socket is used.
func TestFloodedSocket(t *testing.T) {
	sent := make(chan bool)
	flood := (&server{udp: func(_ int, _ []byte, send func([]byte)) {
		for range maxStale + 10 {
			send([]byte("x"))
		}
		sent <- true
	}}).start(t)
	p := sockets{}
	defer p.close()
	k, err := p.get(flood.addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.conn.Write([]byte("a question of twelve octets or more")); err != nil {
		t.Fatal(err)
	}
	<-sent
	p.put(k)
	again, err := p.get(good().start(t).addr)
	if err != nil {
		t.Fatal(err)
	}
	defer p.put(again)
	if again == k {
		t.Error("the flooded socket is used again")
	}
}
