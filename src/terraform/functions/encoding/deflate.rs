//! DEFLATE with the choices that Go's compressor makes at its default level, so that `base64gzip` gives
//! the very bytes that Terraform gives (they end up in `custom_data` and are compared).
//!
//! Matches of at least four bytes are found through hash chains, one position of look-ahead decides
//! between two matches, and each block of 16384 tokens takes the smallest of the three encodings.

mod huffman;

use huffman::Code;

const WINDOW: usize = 1 << 15;
const MIN_MATCH: usize = 4;
const MAX_MATCH: usize = 258;
const BLOCK_TOKENS: usize = 1 << 14;
const HASH_BITS: u32 = 17;
/// Level 6: longest chain, a match good enough to end the search, one good enough not to look further.
const CHAIN: usize = 128;
const NICE: usize = 128;
const LAZY: usize = 16;
/// Matches of the least length must be nearer than this.
const NEAR: usize = 4096;

const END_OF_BLOCK: usize = 256;
const LITERALS: usize = 286;
const OFFSETS: usize = 30;

const LENGTH_BASE: [u16; 29] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192,
    224, 255,
];
const LENGTH_EXTRA: [u8; 29] =
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const OFFSET_BASE: [u16; 30] = [
    0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072,
    4096, 6144, 8192, 12288, 16384, 24576,
];
const OFFSET_EXTRA: [u8; 30] =
    [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
/// The order in which lengths of the code for code lengths are written.
const META_ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

#[derive(Clone, Copy)]
enum Token {
    Literal(u8),
    /// Length less 3, distance less 1.
    Match(u16, u16),
}

/// The data, flushed to a byte boundary, and an empty last block.
pub(super) fn compress(data: &[u8]) -> Vec<u8> {
    let mut writer = Writer::default();
    let mut matcher = Matcher { data, head: vec![-1; 1 << HASH_BITS], previous: vec![-1; data.len()] };
    let (mut tokens, mut start) = (Vec::new(), 0);
    let mut index = 0;
    let (mut length, mut offset, mut pending) = (MIN_MATCH - 1, 0, false);
    while index < data.len() {
        let candidate = matcher.insert(index);
        let (last_length, last_offset) = (length, offset);
        (length, offset) = (MIN_MATCH - 1, 0);
        let within = candidate >= index.saturating_sub(WINDOW) as i64;
        if within && data.len() - index > last_length && last_length < LAZY {
            (length, offset) = matcher.find(index, candidate as usize);
        }
        if last_length >= MIN_MATCH && length <= last_length {
            tokens.push(Token::Match(last_length as u16 - 3, last_offset as u16 - 1));
            let end = index + last_length - 1;
            for next in index + 1..end {
                matcher.insert(next);
            }
            index = end;
            pending = false;
            length = MIN_MATCH - 1;
        } else {
            if pending {
                tokens.push(Token::Literal(data[index - 1]));
            }
            // A full block ends before the current byte when that byte is still pending.
            let full = pending && tokens.len() == BLOCK_TOKENS;
            if full {
                writer.block(&tokens, &data[start..index]);
                (start, _) = (index, tokens.clear());
            }
            index += 1;
            pending = true;
        }
        if !pending && tokens.len() == BLOCK_TOKENS {
            writer.block(&tokens, &data[start..index]);
            (start, _) = (index, tokens.clear());
        }
    }
    if pending {
        tokens.extend(data.last().map(|byte| Token::Literal(*byte)));
    }
    if !tokens.is_empty() {
        writer.block(&tokens, &data[start..]);
    }
    writer.stored(&[], false);
    writer.stored(&[], true);
    writer.bytes
}

struct Matcher<'a> {
    data: &'a [u8],
    /// The latest position of each hash of four bytes.
    head: Vec<i64>,
    /// The position before each with the same hash.
    previous: Vec<i64>,
}

impl Matcher<'_> {
    /// Enters a position and returns the latest before it with the same hash, or -1.
    fn insert(&mut self, index: usize) -> i64 {
        let Some([a, b, c, d]) = self.data.get(index..index + MIN_MATCH) else { return -1 };
        let hash = u32::from_be_bytes([*a, *b, *c, *d]).wrapping_mul(0x1e35_a7bd) >> (32 - HASH_BITS);
        let candidate = std::mem::replace(&mut self.head[hash as usize], index as i64);
        self.previous[index] = candidate;
        candidate
    }

    /// The longest match along the chain and its distance; distance 0 when there is none.
    fn find(&self, position: usize, candidate: usize) -> (usize, usize) {
        let here = &self.data[position..];
        let limit = here.len().min(MAX_MATCH);
        let nice = limit.min(NICE);
        let (mut length, mut offset) = (MIN_MATCH - 1, 0);
        let mut at = candidate;
        for _ in 0..CHAIN {
            let there = &self.data[at..];
            if there[length] == here[length] {
                let matched = there.iter().zip(here).take(limit).take_while(|(a, b)| a == b).count();
                if matched > length && (matched > MIN_MATCH || position - at <= NEAR) {
                    (length, offset) = (matched, position - at);
                    if matched >= nice {
                        break;
                    }
                }
            }
            match usize::try_from(self.previous[at]) {
                Ok(next) if position - next <= WINDOW && position - at < WINDOW => at = next,
                _ => break,
            }
        }
        (length, offset)
    }
}

#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    bits: u64,
    count: u32,
}

impl Writer {
    fn put(&mut self, value: u64, bits: u32) {
        self.bits |= value << self.count;
        self.count += bits;
        while self.count >= 8 {
            self.bytes.push(self.bits as u8);
            self.bits >>= 8;
            self.count -= 8;
        }
    }

    fn align(&mut self) {
        if self.count > 0 {
            self.bytes.push(self.bits as u8);
        }
        (self.bits, self.count) = (0, 0);
    }

    fn code(&mut self, code: &Code, symbol: usize) {
        self.put(u64::from(code.bits[symbol]), u32::from(code.lengths[symbol]));
    }

    fn stored(&mut self, data: &[u8], last: bool) {
        self.put(u64::from(last), 3);
        self.align();
        let length = data.len() as u16;
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend((!length).to_le_bytes());
        self.bytes.extend(data);
    }

    /// Writes tokens that stand for this part of the data in the smallest way.
    fn block(&mut self, tokens: &[Token], data: &[u8]) {
        let (mut literals, mut offsets) = ([0u32; LITERALS], [0u32; OFFSETS]);
        literals[END_OF_BLOCK] = 1;
        for token in tokens {
            match *token {
                Token::Literal(byte) => literals[usize::from(byte)] += 1,
                Token::Match(length, offset) => {
                    literals[257 + class(&LENGTH_BASE, length)] += 1;
                    offsets[class(&OFFSET_BASE, offset)] += 1;
                }
            }
        }
        let used = |frequencies: &[u32]| frequencies.iter().rposition(|f| *f > 0).map_or(0, |last| last + 1);
        let (literal_count, mut offset_count) = (used(&literals), used(&offsets));
        if offset_count == 0 {
            // The code for distances cannot be empty.
            offsets[0] = 1;
            offset_count = 1;
        }
        let storable = data.len() <= usize::from(u16::MAX);
        let extra = |frequencies: &[u32], bits: &[u8]| -> usize {
            frequencies.iter().zip(bits).map(|(f, bits)| *f as usize * usize::from(*bits)).sum()
        };
        let extra = if storable {
            extra(&literals[257..], &LENGTH_EXTRA) + extra(&offsets, &OFFSET_EXTRA)
        } else {
            0
        };
        let (fixed_literals, fixed_offsets) = (Code::fixed_literals(), Code::fixed_offsets());
        let fixed = 3 + fixed_literals.cost(&literals) + fixed_offsets.cost(&offsets) + extra;
        let (literal_code, offset_code) = (Code::of(&literals, 15), Code::of(&offsets, 15));
        let lengths = [&literal_code.lengths[..literal_count], &offset_code.lengths[..offset_count]].concat();
        let runs = run_lengths(&lengths);
        let mut meta = [0u32; 19];
        runs.iter().for_each(|(symbol, _)| meta[usize::from(*symbol)] += 1);
        let meta_code = Code::of(&meta, 7);
        let meta_count =
            META_ORDER.iter().rposition(|symbol| meta[*symbol] > 0).map_or(4, |last| (last + 1).max(4));
        let header = 3
            + 5
            + 5
            + 4
            + 3 * meta_count
            + meta_code.cost(&meta)
            + (meta[16] * 2 + meta[17] * 3 + meta[18] * 7) as usize;
        let dynamic = header + literal_code.cost(&literals) + offset_code.cost(&offsets) + extra;
        if storable && (data.len() + 5) * 8 < fixed.min(dynamic) {
            return self.stored(data, false);
        }
        if dynamic >= fixed {
            self.put(2, 3);
            return self.tokens(tokens, &fixed_literals, &fixed_offsets);
        }
        self.put(4, 3);
        self.put(literal_count as u64 - 257, 5);
        self.put(offset_count as u64 - 1, 5);
        self.put(meta_count as u64 - 4, 4);
        for symbol in &META_ORDER[..meta_count] {
            self.put(u64::from(meta_code.lengths[*symbol]), 3);
        }
        for (symbol, repeat) in runs {
            self.code(&meta_code, usize::from(symbol));
            match symbol {
                16 => self.put(u64::from(repeat), 2),
                17 => self.put(u64::from(repeat), 3),
                18 => self.put(u64::from(repeat), 7),
                _ => {}
            }
        }
        self.tokens(tokens, &literal_code, &offset_code);
    }

    fn tokens(&mut self, tokens: &[Token], literals: &Code, offsets: &Code) {
        for token in tokens {
            match *token {
                Token::Literal(byte) => self.code(literals, usize::from(byte)),
                Token::Match(length, offset) => {
                    let class_of = class(&LENGTH_BASE, length);
                    self.code(literals, 257 + class_of);
                    self.put(u64::from(length - LENGTH_BASE[class_of]), u32::from(LENGTH_EXTRA[class_of]));
                    let class_of = class(&OFFSET_BASE, offset);
                    self.code(offsets, class_of);
                    self.put(u64::from(offset - OFFSET_BASE[class_of]), u32::from(OFFSET_EXTRA[class_of]));
                }
            }
        }
        self.code(literals, END_OF_BLOCK);
    }
}

/// The last class whose base is not above the value.
fn class(bases: &[u16], value: u16) -> usize {
    bases.partition_point(|base| *base <= value) - 1
}

/// Code lengths as symbols: a length, or 16 to 18 with how often to repeat (less the least).
fn run_lengths(lengths: &[u8]) -> Vec<(u8, u8)> {
    let mut out = Vec::new();
    for run in lengths.chunk_by(|a, b| a == b) {
        let (length, mut count) = (run[0], run.len());
        if length != 0 {
            out.push((length, 0));
            count -= 1;
            while count >= 3 {
                let n = count.min(6);
                out.push((16, n as u8 - 3));
                count -= n;
            }
        } else {
            while count >= 11 {
                let n = count.min(138);
                out.push((18, n as u8 - 11));
                count -= n;
            }
            if count >= 3 {
                out.push((17, count as u8 - 3));
                count = 0;
            }
        }
        out.extend(std::iter::repeat_n((length, 0), count));
    }
    out
}
