// A web server that ends as soon as it is asked to, and says so.
import { createServer } from 'node:http';

let visits = 0;

const server = createServer((request, response) => {
  if (request.url === '/crash') {
    server.close();
    response.end('I am going down.\n', () => process.exit(1));
    return;
  }
  if (request.url === '/') visits += 1;
  response.end(`Hello, visit ${visits} since I started.\n`);
});

server.listen(80, '0.0.0.0', () => console.log('Started.'));

process.on('SIGTERM', () => {
  console.log('Asked to stop: closing.');
  server.close(() => process.exit(0));
});
