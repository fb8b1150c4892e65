//! The crate `gips` as a contender: `gips-bench round-trip|one-way SIZE MS [SERVER-CORE CLIENT-CORE]` prints one JSON object.
//! It starts itself again as the server: `gips-bench serve NAME`, which echoes messages, or counts those that begin with 'o' until a short one comes.

use std::env;
use std::io;
use std::mem;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use gips::ipc::{Endpoint, Listener};

/// Shorter than any measured message: the end of a stream.
const END: &[u8] = b"end";
const PAGE: usize = 4096;

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().collect();
    match args[1].as_str() {
        "serve" => serve(&args[2]),
        mode => measure(mode, &args[2..]),
    }
}

fn serve(name: &str) -> io::Result<()> {
    let mut listener = Listener::bind(name)?;
    let (mut count, mut sum) = (0u64, 0u64);
    loop {
        let (connection, message) = listener.accept()?.split();
        let payload = &message.payload;
        if payload.len() <= END.len() {
            connection.reply(format!("{count} {sum} {}", cpu(libc::RUSAGE_SELF)).as_bytes(), &[])?;
            (count, sum) = (0, 0);
        } else if payload[0] == b'o' {
            count += 1;
            sum += payload.iter().step_by(PAGE).map(|&byte| u64::from(byte)).sum::<u64>();
        } else {
            connection.reply(payload, &[])?;
        }
    }
}

fn measure(mode: &str, args: &[String]) -> io::Result<()> {
    let size: usize = args[0].parse().expect("a size");
    let time = Duration::from_millis(args[1].parse().expect("milliseconds"));
    let name = format!("gips-bench-rust-{}", std::process::id());
    let program = env::current_exe()?;
    let mut server = match args.get(2) {
        Some(core) => {
            pin(args[3].parse().expect("a core"));
            let mut taskset = Command::new("taskset");
            taskset.args(["-c", core.as_str()]).arg(program);
            taskset
        }
        None => Command::new(program),
    };
    let mut server = server.args(["serve", &name]).stderr(Stdio::null()).spawn()?;
    let mut endpoint = connect(&name)?;
    let step = if mode == "one-way" { one_way } else { round_trips };
    let result = step(&mut endpoint, size, time / 5).and_then(|_| step(&mut endpoint, size, time));
    server.kill()?;
    server.wait()?;
    let _ = std::fs::remove_file(env::temp_dir().join(&name));
    let (value, cpu) = result?;
    println!("{{\"value\":{value},\"cpu\":{cpu}}}");
    Ok(())
}

fn connect(name: &str) -> io::Result<Endpoint> {
    for _ in 0..200 {
        if let Ok(endpoint) = Endpoint::connect(name) {
            return Ok(endpoint);
        }
        sleep(Duration::from_millis(5));
    }
    Endpoint::connect(name)
}

/// Asks the server for what it counted (messages, sum of bytes seen) and for its CPU time.
fn ask(endpoint: &mut Endpoint) -> io::Result<[u64; 3]> {
    endpoint.send(END, &[])?;
    let reply = endpoint.recv()?;
    let text = String::from_utf8_lossy(&reply.payload).into_owned();
    let mut numbers = text.split(' ').map(|word| word.parse().expect("a number"));
    Ok(std::array::from_fn(|_| numbers.next().expect("three numbers")))
}

fn round_trips(endpoint: &mut Endpoint, size: usize, time: Duration) -> io::Result<(f64, f64)> {
    let payload = vec![b'r'; size];
    let used = ask(endpoint)?[2] + cpu(libc::RUSAGE_SELF);
    let (start, mut count) = (Instant::now(), 0u64);
    while start.elapsed() < time {
        for _ in 0..100 {
            endpoint.send(&payload, &[])?;
            assert_eq!(endpoint.recv()?.payload, payload);
        }
        count += 100;
    }
    let elapsed = start.elapsed().as_secs_f64() * 1e6;
    let used = ask(endpoint)?[2] + cpu(libc::RUSAGE_SELF) - used;
    Ok((elapsed / count as f64, used as f64 / count as f64))
}

fn one_way(endpoint: &mut Endpoint, size: usize, time: Duration) -> io::Result<(f64, f64)> {
    let payload = vec![b'o'; size];
    let used = ask(endpoint)?[2] + cpu(libc::RUSAGE_SELF);
    let (start, mut count) = (Instant::now(), 0u64);
    while start.elapsed() < time {
        for _ in 0..100 {
            endpoint.send(&payload, &[])?;
        }
        count += 100;
    }
    let [seen, sum, server] = ask(endpoint)?;
    let elapsed = start.elapsed().as_secs_f64() * 1e6;
    assert_eq!((seen, sum), (count, count * size.div_ceil(PAGE) as u64 * u64::from(b'o')));
    let used = server + cpu(libc::RUSAGE_SELF) - used;
    Ok((elapsed / count as f64, used as f64 / count as f64))
}

/// User and system time so far, in µs.
fn cpu(who: i32) -> u64 {
    let mut usage: libc::rusage = unsafe { mem::zeroed() };
    unsafe { libc::getrusage(who, &mut usage) };
    let micros = |time: libc::timeval| time.tv_sec as u64 * 1_000_000 + time.tv_usec as u64;
    micros(usage.ru_utime) + micros(usage.ru_stime)
}

fn pin(core: usize) {
    unsafe {
        let mut set: libc::cpu_set_t = mem::zeroed();
        libc::CPU_SET(core, &mut set);
        libc::sched_setaffinity(0, mem::size_of_val(&set), &set);
    }
}
