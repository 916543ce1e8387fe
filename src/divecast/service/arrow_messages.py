"""Whether record batches of an Arrow stream are compressed, read from the metadata of its messages alone.

pyarrow decompresses a batch as it reads it, and has no limit of size; its metadata are flatbuffers (Arrow columnar
format 1.5, Message.fbs and Schema.fbs): ``Message.header`` is the third field, a ``RecordBatch`` whose fourth is
``compression``, or a ``DictionaryBatch`` whose second is such a batch.
"""

import struct

import pyarrow as pa

_HEADER_TYPE, _HEADER = 1, 2
_DICTIONARY, _RECORD = 2, 3
_DATA_OF_DICTIONARY, _COMPRESSION = 1, 3


def is_compressed(stream: bytes) -> bool:
    """Return whether a batch of a stream is compressed.

    Raises:
        ValueError: the stream is damaged.
    """
    reader = pa.ipc.MessageReader.open_stream(pa.py_buffer(stream))
    for message in reader:
        if message.type in ("record batch", "dictionary") and _compression(message.metadata.to_pybytes()):
            return True
    return False


def _compression(metadata: bytes) -> bool:
    try:
        message = _offset(metadata, 0)
        kind = metadata[_field(metadata, message, _HEADER_TYPE)]
        header = _offset(metadata, _field(metadata, message, _HEADER))
        if kind == _DICTIONARY:
            header = _offset(metadata, _field(metadata, header, _DATA_OF_DICTIONARY))
        elif kind != _RECORD:
            raise ValueError(f"message of kind {kind}")
        return _field(metadata, header, _COMPRESSION) > 0
    except (IndexError, struct.error) as error:
        raise ValueError("a message is damaged") from error


def _offset(data: bytes, place: int) -> int:
    """Return the place that a relative offset at ``place`` points to."""
    return place + int(struct.unpack_from("<I", data, place)[0])


def _field(data: bytes, table: int, number: int) -> int:
    """Return the place of a field of a table; 0 if the table lacks it."""
    fields = table - struct.unpack_from("<i", data, table)[0]
    length = struct.unpack_from("<H", data, fields)[0]
    at = 4 + 2 * number
    offset = int(struct.unpack_from("<H", data, fields + at)[0]) if at < length else 0
    return table + offset if offset else 0
