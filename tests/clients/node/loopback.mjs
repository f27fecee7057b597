// Keeps a program off the network, like loopback_only.py: whatever leaves loopback is refused and told.
import net from 'node:net';

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...words) {
  const options = Array.isArray(words[0]) ? words[0][0] : words[0];
  const host = options?.host ?? 'localhost';
  if (!options?.path && !['localhost', '127.0.0.1', '::1'].includes(host)) {
    console.error(`left loopback: connect ${host}`);
    throw new Error(`this test may not contact ${host}`);
  }
  return connect.apply(this, words);
};
