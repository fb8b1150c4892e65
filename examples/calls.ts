/**
 * The methods of an object, called from another process: `npm run example:calls`.
 *
 * The server is the process you start; it starts the client. Both know the interface, and nothing else of each other.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { codecs, currentCall, Endpoint, expose, Listener, proxy, Shm } from 'gips';

interface Library {
  /** Titles by author. */
  search(word: string): Map<string, string[]>;
  /** Lines, as they are read. */
  read(title: string): AsyncIterable<string>;
  /** Writes a title page into memory of the caller. */
  print(title: string, page: Shm): number;
}

const [role = 'server', name = `com.example.library.${process.pid}`] = process.argv.slice(2);
await (role === 'server' ? serve() : visit());

async function serve(): Promise<void> {
  const books = new Map([['Goethe', ['Faust', 'Egmont']]]);
  const listener = await Listener.bind(name);
  expose<Library>(
    listener,
    {
      search: (word) => new Map([...books].map(([author, titles]) => [author, titles.filter((title) => title.includes(word))])),
      async *read(title) {
        const { credentials } = currentCall();
        console.log(`server: process ${credentials.pid} begins to read`);
        try {
          for (let line = 1; ; line++) yield await Promise.resolve(`${title}, line ${line}`);
        } finally {
          console.log('server: enough, it says');
        }
      },
      print(title, page) {
        using region = page;
        if (title === '') throw new RangeError('a page needs a title');
        return region.write(`~ ${title} ~`);
      },
    },
    { codec: codecs.structured },
  );
  const client = spawn(process.execPath, [fileURLToPath(import.meta.url), 'client', name], { stdio: 'inherit' });
  const [code] = (await once(client, 'exit')) as [number | null];
  await listener.close();
  process.exitCode = code ?? 1;
}

async function visit(): Promise<void> {
  await using endpoint = await Endpoint.connect(name);
  const library = proxy<Library>(endpoint, { codec: codecs.structured, streams: ['read'], timeout: 5000 });
  console.log('client: found', await library.search('a'));
  for await (const line of library.read('Faust')) {
    console.log(`client: ${line}`);
    if (line.endsWith('3')) break;
  }
  using page = Shm.create(null, 4096);
  const length = await library.print('Faust', page);
  console.log(`client: ${page.read(0, length).toString()}`);
  await library.print('', page).catch((error: Error) => console.log(`client: ${String(error.cause)}`));
}
