// A web server that says nothing about signals: as process 1 it never hears them.
import { createServer } from 'node:http';

createServer((request, response) => {
  response.end('Hello from a server that hears no signals.\n');
}).listen(80, '0.0.0.0', () => console.log('Listening on port 80.'));
