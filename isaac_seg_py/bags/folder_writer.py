"""Write a bag as rosbag2 has it: a folder with metadata.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from .passing_on import PassingOn
from .records import BagWriter, HASH_NOTE, QOS_NOTE

METADATA: Final = 'metadata.yaml'
# Every rosbag2 from Humble on reads this version; the quality of service is a text in it.
_VERSION: Final = 8


class FolderWriter(PassingOn):
    """Writes into a file of the folder, and tells of it in metadata.yaml when it is closed."""

    def __init__(self, folder: Path, file: Path, storage: str, writer: BagWriter) -> None:
        """Take the writer of the file."""
        super().__init__(writer)
        self._folder = folder
        self._file = file
        self._storage = storage
        self._closed = False

    def close(self) -> None:
        """Finish the file and write the metadata."""
        if self._closed:
            return
        self._closed = True
        self._writer.close()
        import yaml

        text = yaml.safe_dump({'rosbag2_bagfile_information': self._facts()}, sort_keys=False)
        (self._folder / METADATA).write_text(text, encoding='utf-8')

    def _facts(self) -> dict[str, Any]:
        topics = [
            {
                'topic_metadata': {
                    'name': topic.name,
                    'type': topic.type,
                    'serialization_format': topic.encoding,
                    'offered_qos_profiles': topic.note(QOS_NOTE),
                    'type_description_hash': topic.note(HASH_NOTE),
                },
                'message_count': count,
            }
            for topic, count in self.counts.items()
        ]
        return {
            'version': _VERSION,
            'storage_identifier': self._storage,
            **self._span(),
            'topics_with_message_count': topics,
            'compression_format': '',
            'compression_mode': '',
            'relative_file_paths': [self._file.name],
            'files': [{'path': self._file.name, **self._span()}],
            'custom_data': None,
            'ros_distro': '',
        }

    def _span(self) -> dict[str, Any]:
        # Made anew for each place: YAML would write the second one as a reference to the first.
        return {
            'duration': {'nanoseconds': self.last_time - self.first_time},
            'starting_time': {'nanoseconds_since_epoch': self.first_time},
            'message_count': self.count,
        }
